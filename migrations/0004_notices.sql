-- Notices: what people are told, and each delivery that leaves the desk. Texts are made when shown or sent: rows hold codes.
-- Expands only: a release before this one goes on running beside it.

create table notice (
  tenant_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  kind text not null,
  ticket_id uuid,
  data text not null,
  news text not null,
  gathered text,
  count integer not null default 1,
  created_at timestamptz not null,
  read_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, staff_id, news),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create index notice_unread on notice (tenant_id, staff_id, id) where read_at is null and gathered is null;
create index notice_feed on notice (tenant_id, staff_id, id) where gathered is null;
create index notice_lately on notice (tenant_id, staff_id, kind, created_at);
create index notice_old on notice (tenant_id, created_at);
create index notice_ticket on notice (tenant_id, ticket_id) where ticket_id is not null;
comment on table notice is 'One piece of news in a colleague''s feed.';
comment on column notice.tenant_id is 'Tenant.';
comment on column notice.id is 'Key.';
comment on column notice.staff_id is 'Whose feed.';
comment on column notice.kind is 'What happened; the text is made from it in the reader''s language.';
comment on column notice.ticket_id is 'The ticket it is about.';
comment on column notice.data is 'Codes the text needs, canonical JSON; no personal data.';
comment on column notice.news is 'What makes the same news the same: it is told once.';
comment on column notice.gathered is 'News of the notice this one is counted in; it is then not shown by itself.';
comment on column notice.count is 'How many it gathers; 1: it is one.';
comment on column notice.created_at is 'When.';
comment on column notice.read_at is 'When it was read.';

create table notice_preference (
  tenant_id uuid not null,
  staff_id uuid not null,
  email text,
  body text not null,
  changed_at timestamptz not null,
  primary key (tenant_id, staff_id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
comment on table notice_preference is 'How a colleague wants to be told.';
comment on column notice_preference.tenant_id is 'Tenant.';
comment on column notice_preference.staff_id is 'Who.';
comment on column notice_preference.email is 'Their address at work; null: no mail.';
comment on column notice_preference.body is 'Channels, quiet hours, kinds; canonical JSON.';
comment on column notice_preference.changed_at is 'Last change.';

create table customer_preference (
  tenant_id uuid not null,
  customer_id uuid not null,
  body text not null,
  changed_at timestamptz not null,
  primary key (tenant_id, customer_id),
  foreign key (tenant_id, customer_id) references customer (tenant_id, id)
);
comment on table customer_preference is 'How a customer wants to be told of progress.';
comment on column customer_preference.tenant_id is 'Tenant.';
comment on column customer_preference.customer_id is 'Who.';
comment on column customer_preference.body is 'Channels; canonical JSON.';
comment on column customer_preference.changed_at is 'Last change.';

create table robot (
  tenant_id uuid not null,
  code text not null check (code ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
  kind text not null check (kind in ('dingtalk', 'feishu', 'wecom')),
  secret bytea not null,
  secret_key text not null,
  host text not null,
  teams text[] not null default '{}',
  kinds text[] not null default '{}',
  active boolean not null default true,
  changed_by uuid not null,
  changed_at timestamptz not null,
  primary key (tenant_id, code)
);
comment on table robot is 'A robot in a group of DingTalk, Feishu or WeCom that tells a team''s news.';
comment on column robot.tenant_id is 'Tenant.';
comment on column robot.code is 'Code.';
comment on column robot.kind is 'Whose robot.';
comment on column robot.secret is 'Address and signing secret, encrypted by the key ring: either lets anybody speak in the group.';
comment on column robot.secret_key is 'Algorithm and id of the key.';
comment on column robot.host is 'Host of the address, to be shown.';
comment on column robot.teams is 'Team codes whose news it tells; empty: all.';
comment on column robot.kinds is 'Kinds of news; empty: all.';
comment on column robot.active is 'Whether it speaks.';
comment on column robot.changed_by is 'Who set it.';
comment on column robot.changed_at is 'When.';

create table delivery (
  tenant_id uuid not null,
  id uuid not null,
  channel text not null check (channel in ('email', 'sms', 'robot')),
  target text not null,
  staff_id uuid,
  customer_id uuid,
  robot text,
  ticket_id uuid,
  kind text not null,
  language text not null check (language in ('zh', 'en')),
  data text not null,
  news text not null,
  state text not null check (state in ('waiting', 'sending', 'sent', 'unknown', 'dead', 'given_up')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  created_at timestamptz not null,
  sending_at timestamptz,
  sent_at timestamptz,
  error text,
  settled_by uuid,
  settled_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, channel, target, news),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create index delivery_due on delivery (tenant_id, channel, due_at, id) where state = 'waiting';
create index delivery_robot_due on delivery (tenant_id, robot, due_at, id) where state = 'waiting' and robot is not null;
-- What was sent is nearly all there is: that the two go together must be known, or whole tables are read for the next one.
create statistics delivery_states (mcv) on state, channel, robot from delivery;
create index delivery_sending on delivery (tenant_id, sending_at) where state = 'sending';
create index delivery_open on delivery (tenant_id, id) where state in ('unknown', 'dead');
create index delivery_ticket on delivery (tenant_id, ticket_id) where ticket_id is not null;
create index delivery_robot on delivery (tenant_id, robot, created_at) where robot is not null;
create index delivery_spoke on delivery (tenant_id, robot, sending_at) where robot is not null;
comment on table delivery is 'One message that leaves the desk, recorded as sending before the call. The row is the queue.';
comment on column delivery.tenant_id is 'Tenant.';
comment on column delivery.id is 'Key, and the Message-ID of a mail: the same at every attempt.';
comment on column delivery.channel is 'email, sms or robot.';
comment on column delivery.target is 'Whom: staff:<id>, customer:<id> or robot:<code>.';
comment on column delivery.staff_id is 'Colleague, if it goes to one.';
comment on column delivery.customer_id is 'Customer, if it goes to one.';
comment on column delivery.robot is 'Robot, if it goes by one.';
comment on column delivery.ticket_id is 'The ticket it is about.';
comment on column delivery.kind is 'What is told; the text is made from it when it is sent.';
comment on column delivery.language is 'Language of the text.';
comment on column delivery.data is 'Codes the text needs, canonical JSON; no personal data, no address.';
comment on column delivery.news is 'What makes the same news the same: it is sent once.';
comment on column delivery.state is 'waiting; sending; sent; unknown: it may have arrived, a person decides; dead: refused or tried too often; given_up.';
comment on column delivery.attempts is 'Attempts so far.';
comment on column delivery.due_at is 'Not before: now, the end of quiet hours, or after a pause.';
comment on column delivery.created_at is 'When.';
comment on column delivery.sending_at is 'When the attempt under way began.';
comment on column delivery.sent_at is 'When the other side took it.';
comment on column delivery.error is 'Code of what went wrong last; never the other side''s words.';
comment on column delivery.settled_by is 'Who decided what was unknown or dead.';
comment on column delivery.settled_at is 'When.';

do $$
declare
  name text;
begin
  foreach name in array array['notice', 'notice_preference', 'customer_preference', 'robot', 'delivery'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;
create policy every_tenant on delivery for select to bihuan_sweep using (true);

grant select, insert, update on notice, notice_preference, customer_preference, robot, delivery to bihuan_app;
grant delete on notice, robot to bihuan_app;
grant select (tenant_id, state, due_at, sending_at) on delivery to bihuan_sweep;
