-- name: next_numbers
-- A block of the sequence behind ticket numbers.
select nextval('ticket_sequence') as value from generate_series(1, :count);

-- name: add_ticket!
-- A new ticket.
insert into ticket (tenant_id, id, number, customer_id, subject_id, sealed, case_type, case_type_version, state,
  priority, team_id, assignee_id, channel, external_id, tags, checklist, evidence, object_index, opened_at, changed_at,
  transfers, reopenings, head_seq, public_seq)
values (:tenant_id, :id, :number, :customer_id, :subject_id, :sealed, :case_type, :case_type_version, :state,
  :priority, :team_id, :assignee_id, :channel, :external_id, :tags, :checklist, :evidence,
  :object_index, :opened_at, :changed_at, 0, 0, :head_seq, :public_seq);

-- name: put_ticket!
-- A ticket after a verb; the caller holds its lock, and head_seq must grow.
update ticket set customer_id = :customer_id, case_type = :case_type, case_type_version = :case_type_version,
  state = :state, priority = :priority, sealed = :sealed, team_id = :team_id, assignee_id = :assignee_id,
  tags = :tags, checklist = :checklist,
  evidence = :evidence, waiting_for = :waiting_for, waiting_until = :waiting_until, resumes_to = :resumes_to,
  outcome = :outcome, callback_result = :callback_result, merged_into = :merged_into,
  object_index = :object_index, changed_at = :changed_at, resolved_at = :resolved_at, closed_at = :closed_at,
  transfers = :transfers, reopenings = :reopenings, head_seq = :head_seq, public_seq = :public_seq
where tenant_id = :tenant_id and id = :id;

-- name: lock_ticket
-- The ticket to be changed, if this actor sees it.
select id, number, customer_id, subject_id, sealed, case_type, case_type_version, state, priority, team_id, assignee_id,
  channel, external_id, tags, checklist, evidence, waiting_for, waiting_until, resumes_to, outcome,
  callback_result, merged_into, object_index, opened_at, changed_at, resolved_at, closed_at, transfers, reopenings,
  head_seq, public_seq
from ticket where tenant_id = :tenant_id and id = :id
  and (:sees_all or customer_id = any(:asker_ids) or team_id = any(:teams) or assignee_id = any(:holders)
    or (:sees_teamless and team_id is null)
    or id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null))
for update;

-- name: ticket
-- One ticket, if this actor sees it.
select id, number, customer_id, subject_id, sealed, case_type, case_type_version, state, priority, team_id, assignee_id,
  channel, external_id, tags, checklist, evidence, waiting_for, waiting_until, resumes_to, outcome,
  callback_result, merged_into, object_index, opened_at, changed_at, resolved_at, closed_at, transfers, reopenings,
  head_seq, public_seq
from ticket where tenant_id = :tenant_id and id = :id
  and (:sees_all or customer_id = any(:asker_ids) or team_id = any(:teams) or assignee_id = any(:holders)
    or (:sees_teamless and team_id is null)
    or id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null));

-- name: tickets_by_id
-- Tickets whoever may see them, for what the desk does by itself.
select id, number, customer_id, subject_id, sealed, case_type, case_type_version, state, priority, team_id, assignee_id,
  channel, external_id, tags, checklist, evidence, waiting_for, waiting_until, resumes_to, outcome,
  callback_result, merged_into, object_index, opened_at, changed_at, resolved_at, closed_at, transfers, reopenings,
  head_seq, public_seq
from ticket where tenant_id = :tenant_id and id = any(:ids);

-- name: rows_of
-- Rows of the list by their ids, for all who watch: `visible.sees` says who is told of which.
select t.id, t.number, t.head_seq as version, t.state, t.priority, t.subject_id, t.sealed, t.case_type, t.channel, t.team_id,
  t.assignee_id, t.customer_id, t.tags, t.opened_at, t.changed_at,
  array(select o.team_id from task o
    where o.tenant_id = :tenant_id and o.ticket_id = t.id and o.done_at is null) as task_teams
from ticket t where t.tenant_id = :tenant_id and t.id = any(:ids) order by t.id;

-- name: id_of_number
-- A ticket's id by its number, if this actor sees it.
select id from ticket where tenant_id = :tenant_id and number = :number
  and (:sees_all or customer_id = any(:asker_ids) or team_id = any(:teams) or assignee_id = any(:holders)
    or (:sees_teamless and team_id is null)
    or id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null));

-- name: ticket_of_number
-- One ticket by its number, if this actor sees it.
select id, number, customer_id, subject_id, sealed, case_type, case_type_version, state, priority, team_id, assignee_id,
  channel, external_id, tags, checklist, evidence, waiting_for, waiting_until, resumes_to, outcome,
  callback_result, merged_into, object_index, opened_at, changed_at, resolved_at, closed_at, transfers, reopenings,
  head_seq, public_seq
from ticket where tenant_id = :tenant_id and number = :number
  and (:sees_all or customer_id = any(:asker_ids) or team_id = any(:teams) or assignee_id = any(:holders)
    or (:sees_teamless and team_id is null)
    or id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null));

-- name: tickets_of_customer
-- The tickets of the customer who asks, newest first, a page of them.
select id, number, customer_id, subject_id, sealed, case_type, case_type_version, state, priority, team_id, assignee_id,
  channel, external_id, tags, checklist, evidence, waiting_for, waiting_until, resumes_to, outcome,
  callback_result, merged_into, object_index, opened_at, changed_at, resolved_at, closed_at, transfers, reopenings,
  head_seq, public_seq
from ticket where tenant_id = :tenant_id and customer_id = any(:asker_ids)
  and (:sees_all or customer_id = any(:asker_ids) or team_id = any(:teams) or assignee_id = any(:holders)
    or (:sees_teamless and team_id is null)
    or id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null))
  and (:before_id::uuid is null or id < :before_id)
order by id desc limit :most;

-- name: add_rating
-- What the customer thinks of one solving; the first stays.
insert into rating (tenant_id, ticket_id, solving, seq, score, rated_at, nonce)
values (:tenant_id, :ticket_id, :solving, :seq, :score, :rated_at, :nonce)
on conflict (tenant_id, ticket_id, solving) do nothing returning score;

-- name: rating
-- The latest rating of a ticket.
select solving, score, rated_at from rating
where tenant_id = :tenant_id and ticket_id = :ticket_id order by solving desc limit 1;

-- name: ticket_of_door
-- The ticket a delivery opened.
select id, number from ticket where tenant_id = :tenant_id and channel = :channel and external_id = :external_id;

-- name: same_object
-- Open tickets of these customers about the same business object, of those this actor sees.
select id, number, subject_id, sealed, state, opened_at from ticket
where tenant_id = :tenant_id and customer_id = any(:customer_ids) and object_index = any(:indexes)
  and state not in ('archived', 'withdrawn', 'rejected', 'merged')
  and (:sees_all or customer_id = any(:asker_ids) or team_id = any(:teams) or assignee_id = any(:holders)
    or (:sees_teamless and team_id is null)
    or id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null))
order by opened_at limit 5;

-- name: tickets_of_values
-- Tickets in which a protected value stands: as their customer's, or whoever is the same person's, or as their own.
select t.id from ticket t where t.tenant_id = :tenant_id and (
  t.customer_id in (select m.id from vault_value v
    join customer c on c.tenant_id = v.tenant_id and c.id = v.subject_id
    join customer m on m.tenant_id = c.tenant_id
      and (m.id = coalesce(c.root_id, c.id) or m.root_id = coalesce(c.root_id, c.id))
    where v.tenant_id = :tenant_id and v.blind_index = any(:indexes))
  or t.id in (select v.subject_id from vault_value v
    where v.tenant_id = :tenant_id and v.blind_index = any(:indexes)))
  and (:sees_all or t.customer_id = any(:asker_ids) or t.team_id = any(:teams) or t.assignee_id = any(:holders)
    or (:sees_teamless and t.team_id is null)
    or t.id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null))
order by t.id desc limit 100;

-- name: held_by
-- What somebody holds and is not closed.
select id from ticket where tenant_id = :tenant_id and assignee_id = :staff_id
  and state not in ('archived', 'withdrawn', 'rejected', 'merged') order by id;

-- name: subject_of_ticket
-- Whose key seals the words of a ticket.
select subject_id from ticket where tenant_id = :tenant_id and id = :id;

-- name: add_message!
-- What was said, or the words of another event.
insert into message (tenant_id, ticket_id, seq, id, kind, channel, sealed, original_id)
values (:tenant_id, :ticket_id, :seq, :id, :kind, :channel, :sealed, :original_id);

-- name: messages
-- What was said on a ticket, a page of it.
select m.seq, m.id, m.kind, m.channel, m.sealed, t.subject_id
from message m join ticket t on t.tenant_id = m.tenant_id and t.id = m.ticket_id
where m.tenant_id = :tenant_id and m.ticket_id = :ticket_id and m.seq > :after order by m.seq limit :most;

-- name: newest_said
-- Where on a ticket its customer and the desk spoke to each other last, newest first, and how often in all.
select seq, count(*) over () as in_all from message
where tenant_id = :tenant_id and ticket_id = :ticket_id and kind in ('customer', 'reply')
order by seq desc limit :most;

-- name: messages_at
-- What was said with these events of a ticket.
select m.seq, m.id, m.kind, m.channel, m.sealed, t.subject_id
from message m join ticket t on t.tenant_id = m.tenant_id and t.id = m.ticket_id
where m.tenant_id = :tenant_id and m.ticket_id = :ticket_id and m.seq = any(:seqs) order by m.seq;

-- name: messages_sealed
-- The words of all messages of a ticket.
select m.seq, m.id, m.sealed, t.subject_id
from message m join ticket t on t.tenant_id = m.tenant_id and t.id = m.ticket_id
where m.tenant_id = :tenant_id and m.ticket_id = :ticket_id and m.kind <> 'record' order by m.seq;

-- name: attachments_known
-- Which of these files have a row: originals that were not destroyed, and copies; none whose time was over.
select a.id from attachment a join file_check c on c.tenant_id = a.tenant_id and c.attachment_id = a.id
where a.tenant_id = :tenant_id and a.id = any(:ids) and c.destroyed_at is null and octet_length(a.sealed) > 0
union all
select k.copy_id as id from file_check k join attachment o on o.tenant_id = k.tenant_id and o.id = k.attachment_id
where k.tenant_id = :tenant_id and k.copy_id = any(:ids) and octet_length(o.sealed) > 0;

-- name: add_link!
-- A bond to another ticket; one that is there stays.
insert into link (tenant_id, ticket_id, other_id, kind, seq) values (:tenant_id, :ticket_id, :other_id, :kind, :seq)
on conflict (tenant_id, ticket_id, other_id, kind) do nothing;

-- name: links
-- Bonds of a ticket to those this actor sees.
select l.other_id as id, t.number, l.kind, t.state, t.subject_id, t.sealed from link l
join ticket t on t.tenant_id = l.tenant_id and t.id = l.other_id
where l.tenant_id = :tenant_id and l.ticket_id = :ticket_id
  and (:sees_all or t.customer_id = any(:asker_ids) or t.team_id = any(:teams) or t.assignee_id = any(:holders)
    or (:sees_teamless and t.team_id is null)
    or t.id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null))
order by t.number, l.kind;

-- name: add_draft!
-- Text that was not said.
insert into draft (tenant_id, id, ticket_id, staff_id, verb, sealed, reason, created_at)
values (:tenant_id, :id, :ticket_id, :staff_id, :verb, :sealed, :reason, :created_at);

-- name: drafts
-- One's own drafts, of one ticket or of all.
select d.id, d.ticket_id, t.number, t.subject_id, d.verb, d.sealed, d.reason, d.created_at from draft d
join ticket t on t.tenant_id = d.tenant_id and t.id = d.ticket_id
where d.tenant_id = :tenant_id and d.staff_id = :staff_id and (:ticket_id::uuid is null or d.ticket_id = :ticket_id)
order by d.created_at desc limit 200;

-- name: drop_draft
-- One's own draft, gone.
delete from draft where tenant_id = :tenant_id and staff_id = :staff_id and id = :id returning id;

-- name: put_view
-- A view, named anew or changed.
insert into saved_view (tenant_id, id, staff_id, name, filter, sort, shared, created_at)
values (:tenant_id, :id, :staff_id, :name, :filter::text::json, :sort, :shared, :created_at)
on conflict (tenant_id, staff_id, name) do update
  set filter = excluded.filter, sort = excluded.sort, shared = excluded.shared
returning id, staff_id, name, filter, sort, shared;

-- name: views
-- One's own views and those colleagues share.
select id, staff_id, name, filter, sort, shared from saved_view
where tenant_id = :tenant_id and (staff_id = :staff_id or shared) order by name, id;

-- name: drop_view
-- One's own view, gone.
delete from saved_view where tenant_id = :tenant_id and staff_id = :staff_id and id = :id returning id;

-- name: half_made
-- What must never be: tickets without first event, first message, a head, or a clock they were opened with; newest first.
select t.number,
  e.seq is null as no_event, m.seq is null as no_message, s.id is null as no_head,
  s.head_seq is distinct from t.head_seq as head_differs, c.clocks < c.opened_with as clocks_wrong
from ticket t
left join event e on e.tenant_id = t.tenant_id and e.stream_id = t.id and e.seq = 1
left join message m on m.tenant_id = t.tenant_id and m.ticket_id = t.id and m.seq = 1
left join stream s on s.tenant_id = t.tenant_id and s.id = t.id
cross join lateral (select count(k.kind) as clocks,
    greatest(1, coalesce(json_array_length(e.body::json -> 'data' -> 'clocks'), 0)) as opened_with
  from sla_clock k where k.tenant_id = t.tenant_id and k.ticket_id = t.id) c
where t.tenant_id = :tenant_id and (e.seq is null or m.seq is null or s.id is null
  or s.head_seq is distinct from t.head_seq or c.clocks < c.opened_with)
order by t.id desc limit :most;

-- name: attachments_after
-- Files that must be on disk, a page of them: originals that were not destroyed, and copies; none of an erased person,
-- and none whose time was over.
select f.id, f.ticket_id, f.hidden from (
  select a.id, a.ticket_id, a.hidden from attachment a
  join file_check c on c.tenant_id = a.tenant_id and c.attachment_id = a.id
  join vault_subject s on s.tenant_id = a.tenant_id and s.id = a.subject_id
  where a.tenant_id = :tenant_id and a.id > :after and c.destroyed_at is null and s.shredded_at is null
    and octet_length(a.sealed) > 0
  union all
  select k.copy_id, k.ticket_id, false from file_check k
  join attachment o on o.tenant_id = k.tenant_id and o.id = k.attachment_id
  join vault_subject u on u.tenant_id = o.tenant_id and u.id = o.subject_id
  where k.tenant_id = :tenant_id and k.copy_id > :after and u.shredded_at is null and octet_length(o.sealed) > 0
) f order by f.id limit :most;

-- name: tenants_timed
-- across tenants: when each has its next clock to follow up, by one look into the index for each tenant.
with recursive soonest as (
  (select c.tenant_id, c.next_at from sla_clock c where c.next_at is not null
    order by c.tenant_id, c.next_at limit 1)
  union all
  select n.tenant_id, n.next_at from soonest s cross join lateral (
    select c.tenant_id, c.next_at from sla_clock c where c.next_at is not null and c.tenant_id > s.tenant_id
    order by c.tenant_id, c.next_at limit 1) n
)
select tenant_id, next_at from soonest;

-- name: tenants_waiting
-- across tenants: when each has its next ticket that has waited long enough, by one look into the index for each tenant.
with recursive soonest as (
  (select t.tenant_id, t.waiting_until as next_at from ticket t
    where t.state = 'waiting' and t.waiting_until is not null order by t.tenant_id, t.waiting_until limit 1)
  union all
  select n.tenant_id, n.next_at from soonest s cross join lateral (
    select t.tenant_id, t.waiting_until as next_at from ticket t
    where t.state = 'waiting' and t.waiting_until is not null and t.tenant_id > s.tenant_id
    order by t.tenant_id, t.waiting_until limit 1) n
)
select tenant_id, next_at from soonest;

-- name: waited_tickets
-- Tickets that have waited long enough, in that order, but for those put off.
select id from ticket where tenant_id = :tenant_id and state = 'waiting' and waiting_until <= :now
  and id <> all(:without::uuid[])
order by waiting_until, id limit :most;

-- name: lock_waited
-- Of these tickets those that still wait, no longer should, and that nobody else holds just now.
select id, number, customer_id, subject_id, sealed, case_type, case_type_version, state, priority, team_id, assignee_id,
  channel, external_id, tags, checklist, evidence, waiting_for, waiting_until, resumes_to, outcome,
  callback_result, merged_into, object_index, opened_at, changed_at, resolved_at, closed_at, transfers, reopenings,
  head_seq, public_seq
from ticket where tenant_id = :tenant_id and id = any(:ids) and state = 'waiting' and waiting_until <= :now
order by id for update skip locked;

-- name: soonest
-- When the next clock must be followed up.
select next_at from sla_clock where tenant_id = :tenant_id and next_at is not null order by next_at limit 1;

-- name: due_tickets
-- Tickets with a clock to follow up, most urgent first; of a very long queue those that fell due first.
select t.id from (
  select d.ticket_id, min(d.next_at) as next_at from (
    select c.ticket_id, c.next_at from sla_clock c
    where c.tenant_id = :tenant_id and c.next_at <= :now order by c.next_at limit 20000) d
  group by d.ticket_id) q
join ticket t on t.tenant_id = :tenant_id and t.id = q.ticket_id
order by case t.priority when 'urgent' then 0 when 'normal' then 1 else 2 end, q.next_at, t.id limit :most;

-- name: lock_due
-- Of these tickets those that still have a clock to follow up and that nobody else holds just now.
select t.id, t.number, t.customer_id, t.subject_id, t.sealed, t.case_type, t.case_type_version, t.state, t.priority,
  t.team_id, t.assignee_id, t.channel, t.external_id, t.tags, t.checklist, t.evidence, t.waiting_for,
  t.waiting_until, t.resumes_to, t.outcome, t.callback_result, t.merged_into, t.object_index, t.opened_at,
  t.changed_at, t.resolved_at, t.closed_at, t.transfers, t.reopenings, t.head_seq, t.public_seq
from ticket t where t.tenant_id = :tenant_id and t.id = any(:ids)
  and exists (select from sla_clock c
    where c.tenant_id = t.tenant_id and c.ticket_id = t.id and c.next_at <= :now)
order by t.id for update of t skip locked;

-- name: put_off_clocks!
-- Following up failed: again later.
update sla_clock set next_at = :until_at where tenant_id = :tenant_id and ticket_id = :ticket_id and next_at <= :now;

-- name: add_task!
-- A team's part of a ticket.
insert into task (tenant_id, id, ticket_id, team_id, title_zh, title_en, cause, opened_at)
values (:tenant_id, :id, :ticket_id, :team_id, :title_zh, :title_en, :cause, :opened_at);

-- name: tenants_moving
-- across tenants: which have running clocks to be reckoned anew; the work runs tenant by tenant.
select distinct tenant_id from sla_change where done_at is null;

-- name: open_changes
-- Changes whose running clocks are not all reckoned anew, oldest first.
select id, what, code, version, scope, asked_at from sla_change
where tenant_id = :tenant_id and done_at is null and asked_at <= :now order by id;

-- name: to_move
-- Tickets with an open clock that an older version of this calendar or policy holds, the next ones.
select distinct c.ticket_id as id from sla_clock c
where c.tenant_id = :tenant_id and c.stopped_at is null
  and ((:what::text = 'calendar' and c.calendar = :code and c.calendar_version < :version)
    or (:what::text = 'policy' and c.policy = :code and c.policy_version < :version))
  and (:scope::text = 'all' or c.provisional) and c.ticket_id > :after_id
order by c.ticket_id limit :most;

-- name: lock_to_move
-- Of these tickets those that nobody else holds just now.
select id, number, customer_id, subject_id, sealed, case_type, case_type_version, state, priority, team_id, assignee_id,
  channel, external_id, tags, checklist, evidence, waiting_for, waiting_until, resumes_to, outcome,
  callback_result, merged_into, object_index, opened_at, changed_at, resolved_at, closed_at, transfers, reopenings,
  head_seq, public_seq
from ticket where tenant_id = :tenant_id and id = any(:ids) order by id for update skip locked;

-- name: count_moved!
-- So many more.
update sla_change set moved = moved + :count where tenant_id = :tenant_id and id = :id;

-- name: moved_all!
-- The last clock is moved.
update sla_change set done_at = :done_at where tenant_id = :tenant_id and id = :id and done_at is null;

-- name: tasks
-- Departments' parts of a ticket, in the order they were opened.
select id, team_id, title_zh, title_en, cause, opened_at, done_at, done_by from task
where tenant_id = :tenant_id and ticket_id = :ticket_id order by id;

-- name: finish_task
-- A part that was not done is.
update task set done_at = :done_at, done_by = :staff_id
where tenant_id = :tenant_id and ticket_id = :ticket_id and id = :id and done_at is null returning id;

-- name: add_extension!
-- A longer limit that is asked for.
insert into sla_extension (tenant_id, id, ticket_id, kind, run, stage, state, asked_by, asked_at, seq)
values (:tenant_id, :id, :ticket_id, :kind, :run, :stage, 'asked', :asked_by_id, :asked_at, :seq);

-- name: extensions
-- Longer limits that were asked for on a ticket, in that order.
select id, ticket_id, kind, run, stage, state, asked_by, asked_at, decided_by, decided_at, seq from sla_extension
where tenant_id = :tenant_id and ticket_id = :ticket_id order by id;

-- name: words_at
-- The words of these events of a ticket, without where they came from.
select m.seq, m.id, m.sealed, t.subject_id
from message m join ticket t on t.tenant_id = m.tenant_id and t.id = m.ticket_id
where m.tenant_id = :tenant_id and m.ticket_id = :ticket_id and m.seq = any(:seqs);

-- name: decide_extension!
-- What came of a request; the caller holds the ticket's lock.
update sla_extension set state = :state, decided_by = :decided_by_id, decided_at = :decided_at
where tenant_id = :tenant_id and id = :id and state = 'asked';

-- name: tickets_lapsed
-- Tickets with a request whose clock has stopped, begun anew or passed its limit.
select distinct e.ticket_id as id from sla_extension e
join sla_clock c on c.tenant_id = e.tenant_id and c.ticket_id = e.ticket_id and c.kind = e.kind
where e.tenant_id = :tenant_id and e.state = 'asked'
  and (c.stopped_at is not null or c.run <> e.run or coalesce(c.paused_at, :now) > c.due_at)
order by e.ticket_id limit :most;

-- name: board
-- Running clocks that fall due within a stretch, on tickets this actor sees, by least time left.
select k.ticket_id, k.kind from sla_clock k
join ticket t on t.tenant_id = k.tenant_id and t.id = k.ticket_id
where k.tenant_id = :tenant_id and k.stopped_at is null and k.paused_at is null
  and k.due_at >= :from_at and k.due_at <= :until_at
  and (:team_id::uuid is null or t.team_id = :team_id)
  and (:sees_all or t.customer_id = any(:asker_ids) or t.team_id = any(:teams) or t.assignee_id = any(:holders)
    or (:sees_teamless and t.team_id is null)
    or t.id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
      and o.done_at is null))
order by k.due_at, k.ticket_id, k.kind limit :most;

-- name: count_due
-- How many running clocks fall due within a stretch, on tickets this actor sees; counted up to a bound.
select count(*)::integer as count from (
  select from sla_clock k join ticket t on t.tenant_id = k.tenant_id and t.id = k.ticket_id
  where k.tenant_id = :tenant_id and k.stopped_at is null and k.paused_at is null
    and k.due_at >= :from_at and k.due_at <= :until_at
    and (:team_id::uuid is null or t.team_id = :team_id)
    and (:sees_all or t.customer_id = any(:asker_ids) or t.team_id = any(:teams) or t.assignee_id = any(:holders)
      or (:sees_teamless and t.team_id is null)
      or t.id in (select o.ticket_id from task o where o.tenant_id = :tenant_id and o.team_id = any(:task_teams)
        and o.done_at is null))
  limit :most) as found;

-- name: words_packed
-- What was said on a ticket, whole, for its evidence package.
select m.seq, m.id, m.kind, m.channel, m.original_id, m.sealed, t.subject_id
from message m join ticket t on t.tenant_id = m.tenant_id and t.id = m.ticket_id
where m.tenant_id = :tenant_id and m.ticket_id = :ticket_id order by m.seq;

-- name: files_packed
-- The files of a ticket as their events vouch for them, and what became of each.
select a.id, a.seq, a.sealed, a.sealed_sha256, a.content_type, a.size_bytes, a.subject_id, a.hidden, a.sha256, c.state,
  c.copy_id, c.copy_type, c.destroyed_at is not null as gone
from attachment a join file_check c on c.tenant_id = a.tenant_id and c.attachment_id = a.id
where a.tenant_id = :tenant_id and a.ticket_id = :ticket_id order by a.seq, a.id;

-- name: ratings_packed
-- What the customer thought of each solving.
select seq, solving, score, rated_at, nonce from rating
where tenant_id = :tenant_id and ticket_id = :ticket_id order by seq;

-- name: tenant_named
-- The institution's name.
select name from tenant where id = :tenant_id;

-- name: open_of_subject
-- A ticket of a person that is not closed.
select number from ticket where tenant_id = :tenant_id and (customer_id = :subject_id or subject_id = :subject_id)
  and state not in ('archived', 'withdrawn', 'rejected', 'merged') order by id limit 1;

-- name: ticket_subjects
-- Whose keys seal the words of a customer's tickets.
select distinct subject_id as id from ticket where tenant_id = :tenant_id and customer_id = :subject_id;

-- name: tickets_of_subjects
-- The tickets of a person: theirs, and those sealed by keys of theirs.
select id from ticket where tenant_id = :tenant_id
  and (customer_id = any(:subject_ids) or subject_id = any(:subject_ids)) order by id;

-- name: tickets_of_customers
-- The tickets that were opened for these customers.
select id from ticket where tenant_id = :tenant_id and customer_id = any(:customer_ids) order by id;

-- name: drop_drafts_of!
-- Words about a person that were never said.
delete from draft where tenant_id = :tenant_id and ticket_id = any(:ticket_ids);

-- name: files_of_subjects
-- Files encrypted by these keys, and what was made of them to be shown.
select id from attachment where tenant_id = :tenant_id and subject_id = any(:subject_ids)
union all
select c.copy_id as id from attachment a join file_check c on c.tenant_id = a.tenant_id and c.attachment_id = a.id
where a.tenant_id = :tenant_id and a.subject_id = any(:subject_ids) and c.copy_id is not null;
