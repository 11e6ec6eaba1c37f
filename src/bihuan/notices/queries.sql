-- name: hold
-- Whoever holds one of these slots just now is waited for, and holds them until the commit.
select count(pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'notices', :tenant_id, s.slot), 0)))
from (select slot from unnest(:slots::integer[]) as slot order by slot) s;

-- name: told_lately
-- How many single notices of some kinds people have had since a moment.
select staff_id, kind, count(*)::integer as count from notice
where tenant_id = :tenant_id and staff_id = any(:staff_ids) and kind = any(:kinds) and created_at >= :since_at
  and gathered is null and news <> all(:gatherings)
group by staff_id, kind;

-- name: add_notices
-- News into several feeds, as arrays of equal length (`lines` counts from 1 into those of the news); only where new.
insert into notice (tenant_id, id, staff_id, kind, ticket_id, data, news, gathered, created_at)
select :tenant_id, n.id, n.staff_id, l.kind, l.ticket_id, l.data, l.news, n.gathered, :created_at
from unnest(:ids::uuid[], :staff_ids::uuid[], :gathereds::text[], :lines::integer[]) as n (id, staff_id, gathered, line)
join unnest(:kinds::text[], :ticket_ids::uuid[], :datas::text[], :newses::text[]) with ordinality
  as l (kind, ticket_id, data, news, line) on l.line = n.line
on conflict (tenant_id, staff_id, news) do nothing returning staff_id, news, gathered;

-- name: gather_notices
-- So many more for the lines that gather a kind, as arrays of equal length; a line that was read is unread again.
insert into notice (tenant_id, id, staff_id, kind, data, news, count, created_at)
select :tenant_id, n.id, n.staff_id, n.kind, :data, n.news, n.count, :created_at
from unnest(:ids::uuid[], :staff_ids::uuid[], :kinds::text[], :newses::text[], :counts::integer[])
  as n (id, staff_id, kind, news, count)
on conflict (tenant_id, staff_id, news) do update set count = notice.count + excluded.count, read_at = null
returning staff_id, kind, count;

-- name: feed
-- A page of somebody's feed, newest first; the unread ones alone if asked.
select id, kind, ticket_id, data, count, created_at, read_at from notice
where tenant_id = :tenant_id and staff_id = :staff_id and gathered is null
  and (:of_tickets::boolean or ticket_id is null)
  and (not :unread::boolean or read_at is null) and (:after_id::uuid is null or id < :after_id)
order by id desc limit :most;

-- name: unread
-- How many of somebody's are unread, counted up to 1,000.
select count(*)::integer as count from (
  select 1 from notice where tenant_id = :tenant_id and staff_id = :staff_id and read_at is null and gathered is null
    and (:of_tickets::boolean or ticket_id is null)
  limit 1000
) as found;

-- name: feeds
-- The newest line of several people, and how many are unread, counted up to 1,000.
select s.staff_id,
  (select n.id from notice n where n.tenant_id = :tenant_id and n.staff_id = s.staff_id and n.gathered is null
    order by n.id desc limit 1) as id,
  (select count(*)::integer from (
    select 1 from notice u where u.tenant_id = :tenant_id and u.staff_id = s.staff_id and u.read_at is null
      and u.gathered is null limit 1000) as found) as unread
from unnest(:staff_ids::uuid[]) as s (staff_id);

-- name: read_notices
-- Somebody has read these, or all.
update notice set read_at = :at
where tenant_id = :tenant_id and staff_id = :staff_id and read_at is null and gathered is null
  and (:whole::boolean or id = any(:ids))
returning id;

-- name: drop_old_notices
-- What was read long ago, what nobody has read for very long, and what was counted in another line long ago.
delete from notice where tenant_id = :tenant_id and id in (
  select n.id from notice n
  where n.tenant_id = :tenant_id and n.created_at < :read_before_at
    and (n.read_at < :read_before_at or n.gathered is not null or n.created_at < :before)
  order by n.created_at limit :most
)
returning id;

-- name: wishes
-- How people want to be told.
select staff_id, email, body from notice_preference where tenant_id = :tenant_id and staff_id = any(:staff_ids);

-- name: put_wishes!
-- How somebody wants to be told.
insert into notice_preference (tenant_id, staff_id, email, body, changed_at)
values (:tenant_id, :staff_id, :email, :body, :at)
on conflict (tenant_id, staff_id) do update
  set email = excluded.email, body = excluded.body, changed_at = excluded.changed_at;

-- name: customer_wishes
-- How a customer wants to be told: as whom they are shown under has said, else as the last of who they are has.
select p.body from customer c
join customer m on m.tenant_id = c.tenant_id
  and (m.id = coalesce(c.root_id, c.id) or m.root_id = coalesce(c.root_id, c.id))
join customer_preference p on p.tenant_id = m.tenant_id and p.customer_id = m.id
where c.tenant_id = :tenant_id and c.id = :customer_id
order by m.root_id is not null, p.changed_at desc limit 1;

-- name: put_customer_wishes!
-- How a customer wants to be told, kept with whom they are shown under.
insert into customer_preference (tenant_id, customer_id, body, changed_at)
select c.tenant_id, coalesce(c.root_id, c.id), :body, :at from customer c
where c.tenant_id = :tenant_id and c.id = :customer_id
on conflict (tenant_id, customer_id) do update set body = excluded.body, changed_at = excluded.changed_at;

-- name: robots_on
-- Robots that speak, and of what.
select code, kinds, teams from robot where tenant_id = :tenant_id and active order by code;

-- name: robots_lately
-- How many single messages of each kind robots were given since a moment.
select robot, kind, count(*)::integer as count from delivery
where tenant_id = :tenant_id and robot = any(:robots) and created_at >= :since_at and not starts_with(news, 'gathered:')
group by robot, kind;

-- name: waiting_until
-- How many single messages of each kind wait for some targets until some moments.
select target, kind, due_at, count(*)::integer as count from delivery
where tenant_id = :tenant_id and channel = :channel and state = 'waiting' and due_at = any(:dues::timestamptz[])
  and target = any(:targets) and not starts_with(news, 'gathered:')
group by target, kind, due_at;

-- name: progress_told
-- What a customer was told of a ticket, or will be.
select id, channel, kind, data, news, state, attempts from delivery
where tenant_id = :tenant_id and ticket_id = :ticket_id and customer_id = :customer_id order by news;

-- name: replace_progress
-- Another stage came before the message went: it tells the later one.
update delivery set kind = :kind, data = :data, news = :news
where tenant_id = :tenant_id and id = :id and state = 'waiting' and attempts = 0 returning id;

-- name: overtaken
-- Whether a later stage of the same ticket has been told to the same customer, or is about to be.
select exists (
  select from delivery d join delivery l on l.tenant_id = :tenant_id and l.ticket_id = d.ticket_id
    and l.customer_id = d.customer_id and l.news > d.news and l.state in ('waiting', 'sending', 'sent', 'unknown')
  where d.tenant_id = :tenant_id and d.id = :id
) as overtaken;

-- name: queue_delivery!
-- A message into the queue; while it waits for its first attempt, the same news may still change what it says.
insert into delivery (tenant_id, id, channel, target, staff_id, customer_id, robot, ticket_id, kind, language, data, news,
  state, due_at, created_at)
values (:tenant_id, :id, :channel, :target, :staff_id, :customer_id, :robot, :ticket_id, :kind, :language, :data, :news,
  'waiting', :due_at, :created_at)
on conflict (tenant_id, channel, target, news) do update set data = excluded.data
where delivery.state = 'waiting' and delivery.attempts = 0;

-- name: tenants_to_deliver
-- across tenants: which have deliveries that are due or were interrupted; the delivering runs tenant by tenant.
select distinct tenant_id from delivery
where (state = 'waiting' and due_at <= :now) or (state = 'sending' and sending_at <= :before);

-- name: interrupted
-- Attempts whose worker has gone: a mail is sent again, of the rest a person decides.
update delivery set due_at = :now, error = 'interrupted',
  state = case when channel <> 'email' then 'unknown' when attempts < :most then 'waiting' else 'dead' end
where tenant_id = :tenant_id and channel = :channel and state = 'sending' and sending_at <= :before
returning id, channel, kind, state;

-- name: take_delivery
-- The next delivery of a channel; committed as being sent before anything is called.
update delivery set state = 'sending', attempts = attempts + 1, sending_at = :now, error = null
where tenant_id = :tenant_id and id = (
  select d.id from delivery d
  where d.tenant_id = :tenant_id and d.state = 'waiting' and d.due_at <= :now and d.channel = :channel
    and (d.robot is null or d.robot = :robot)
  order by d.due_at, d.id limit 1 for update skip locked
)
returning id, channel, target, staff_id, customer_id, robot, ticket_id, kind, language, data, attempts, created_at,
  sending_at;

-- name: robot_with_news
-- A robot with something to tell, or none any more, locked: what it has spoken lately is counted by one at a time.
select r.code, r.kind from robot r
where r.tenant_id = :tenant_id and r.active and r.code <> all(:without::text[]) and exists (
  select from delivery d
  where d.tenant_id = :tenant_id and d.robot = r.code and d.state = 'waiting' and d.due_at <= :now
)
order by r.code limit 1 for update of r skip locked;

-- name: robot_gone
-- A robot that is off or taken away while something waits for it.
select d.robot as code from delivery d
where d.tenant_id = :tenant_id and d.channel = 'robot' and d.state = 'waiting' and d.due_at <= :now and not exists (
  select from robot r where r.tenant_id = :tenant_id and r.code = d.robot and r.active
)
order by d.due_at limit 1;

-- name: robot_spoke
-- When a robot spoke lately.
select sending_at from delivery where tenant_id = :tenant_id and robot = :robot and sending_at > :since_at;

-- name: delivery_ended
-- How an attempt ended, unless a later one has begun or a person has decided. One that was not made does not count.
update delivery set state = :state, due_at = :due_at, sent_at = :sent_at, error = :error,
  attempts = case when :counts::boolean then attempts else attempts - 1 end
where tenant_id = :tenant_id and id = :id and sending_at = :sending_at and state <> 'sent' returning id;

-- name: channel_states
-- How the channels fare that have failed.
select channel, failures, since_at, rests_until, error from notice_channel
where tenant_id = :tenant_id and failures > 0 order by channel;

-- name: channel_state
-- How one channel fares.
select channel, failures, since_at, rests_until, error from notice_channel
where tenant_id = :tenant_id and channel = :channel;

-- name: try_channel
-- A rest is over: whoever gets the row tries, the others go on resting meanwhile.
update notice_channel set rests_until = :until_at
where tenant_id = :tenant_id and channel = :channel and rests_until <= :now returning failures;

-- name: untry_channel!
-- The trial came to nothing.
update notice_channel set rests_until = least(rests_until, :now)
where tenant_id = :tenant_id and channel = :channel and rests_until is not null;

-- name: channel_failed
-- One more failure in a row.
insert into notice_channel (tenant_id, channel, failures, since_at, error) values (:tenant_id, :channel, 1, :now, :error)
on conflict (tenant_id, channel) do update set failures = notice_channel.failures + 1, error = excluded.error,
  since_at = coalesce(notice_channel.since_at, excluded.since_at)
returning failures;

-- name: rest_channel!
-- The channel rests.
update notice_channel set rests_until = :until_at where tenant_id = :tenant_id and channel = :channel;

-- name: channel_well
-- The other side answered; how many failures in a row there had been.
update notice_channel c set failures = 0, since_at = null, rests_until = null, error = null
from (select b.failures from notice_channel b
  where b.tenant_id = :tenant_id and b.channel = :channel and b.failures > 0 for update) before
where c.tenant_id = :tenant_id and c.channel = :channel returning before.failures;

-- name: channels_waiting
-- How much waits, by channel.
select channel, count(*)::integer as count from delivery
where tenant_id = :tenant_id and state = 'waiting' group by channel;

-- name: staff_address
-- A colleague's address at work.
select email from notice_preference where tenant_id = :tenant_id and staff_id = :staff_id;

-- name: robot_secret
-- A robot that may speak, with its secret.
select kind, secret, secret_key, teams from robot where tenant_id = :tenant_id and code = :code and (active or :tried);

-- name: deliveries
-- Deliveries, newest first; of one state if given.
select d.id, d.channel, d.kind, d.staff_id, d.customer_id, d.robot, d.ticket_id, t.number, d.state, d.attempts,
  d.created_at, d.due_at, d.sent_at, d.error, d.settled_by, d.settled_at
from delivery d left join ticket t on t.tenant_id = d.tenant_id and t.id = d.ticket_id
where d.tenant_id = :tenant_id and (:state::text is null or d.state = :state)
  and (:after_id::uuid is null or d.id < :after_id)
order by d.id desc limit :most;

-- name: delivery
-- One delivery.
select d.id, d.channel, d.kind, d.staff_id, d.customer_id, d.robot, d.ticket_id, t.number, d.state, d.attempts,
  d.created_at, d.due_at, d.sent_at, d.error, d.settled_by, d.settled_at
from delivery d left join ticket t on t.tenant_id = d.tenant_id and t.id = d.ticket_id
where d.tenant_id = :tenant_id and d.id = :id;

-- name: sent_to
-- What left the desk for these customers, newest first.
select d.channel, t.number, coalesce(d.sent_at, d.created_at) as sent_at
from delivery d left join ticket t on t.tenant_id = d.tenant_id and t.id = d.ticket_id
where d.tenant_id = :tenant_id and d.customer_id = any(:customer_ids) and d.state in ('sent', 'unknown')
order by d.id desc limit :most;

-- name: settle_delivery
-- What a person decided of a delivery that is unknown or dead. A late word of the attempt no longer changes it.
update delivery set state = :state, settled_by = :staff_id, settled_at = :at, due_at = :due_at,
  attempts = case when :state::text = 'waiting' then 0 else attempts end,
  sent_at = case when :state::text = 'sent' then coalesce(sending_at, :at) else sent_at end,
  sending_at = null
where tenant_id = :tenant_id and id = :id and state in ('unknown', 'dead') returning id;

-- name: add_trial!
-- A message by which a robot is tried: being sent at once.
insert into delivery (tenant_id, id, channel, target, robot, kind, language, data, news, state, attempts, due_at,
  created_at, sending_at)
values (:tenant_id, :id, 'robot', :target, :robot, 'robot.tried', :language, '{}', :news, 'sending', 1, :at, :at, :at);

-- name: robots
-- The robots, without their secrets.
select code, kind, host, teams, kinds, active, changed_by, changed_at from robot
where tenant_id = :tenant_id order by code;

-- name: robot
-- One robot.
select code, kind, host, secret, secret_key from robot where tenant_id = :tenant_id and code = :code;

-- name: put_robot!
-- A robot, new or changed.
insert into robot (tenant_id, code, kind, secret, secret_key, host, teams, kinds, active, changed_by, changed_at)
values (:tenant_id, :code, :kind, :secret, :secret_key, :host, :teams, :kinds, :active, :staff_id, :at)
on conflict (tenant_id, code) do update set kind = excluded.kind, secret = excluded.secret,
  secret_key = excluded.secret_key, host = excluded.host, teams = excluded.teams, kinds = excluded.kinds,
  active = excluded.active, changed_by = excluded.changed_by, changed_at = excluded.changed_at;

-- name: drop_robot
-- A robot taken away.
delete from robot where tenant_id = :tenant_id and code = :code returning code;
