-- Looks: values shown for a reason, alarms on unusual looking, the audit's register, and how far the SIEM has been told.
-- Expands only: a release before this one goes on running beside it; what that one records meanwhile is not registered.

create table audit_entry (
  tenant_id uuid not null,
  id uuid not null,
  stream_id uuid not null,
  seq bigint not null,
  stream text not null check (stream in ('staff', 'config')),
  kind text not null,
  at timestamptz not null,
  actor_id uuid not null,
  ticket_id uuid,
  whom_id uuid,
  primary key (tenant_id, id),
  unique (tenant_id, stream_id, seq),
  foreign key (tenant_id, stream_id, seq) references event (tenant_id, stream_id, seq) on delete cascade
);
create index audit_entry_actor on audit_entry (tenant_id, actor_id, id);
create index audit_entry_actor_kind on audit_entry (tenant_id, actor_id, kind, id);
create index audit_entry_config on audit_entry (tenant_id, id) where stream = 'config';
create index audit_entry_kind on audit_entry (tenant_id, kind, id);
create index audit_entry_ticket on audit_entry (tenant_id, ticket_id, id) where ticket_id is not null;
create index audit_entry_whom on audit_entry (tenant_id, whom_id, id) where whom_id is not null;
comment on table audit_entry is 'Register of the events of staff and configuration streams, to search them by. The event is what counts; a row goes with it.';
comment on column audit_entry.tenant_id is 'Tenant.';
comment on column audit_entry.id is 'Key, in the order of time.';
comment on column audit_entry.stream_id is 'Stream of the event.';
comment on column audit_entry.seq is 'Its number there.';
comment on column audit_entry.stream is 'staff or config.';
comment on column audit_entry.kind is 'What happened.';
comment on column audit_entry.at is 'When.';
comment on column audit_entry.actor_id is 'Who did it: colleague, or the tenant itself for the desk''s own work.';
comment on column audit_entry.ticket_id is 'The ticket it is about, if it is about one.';
comment on column audit_entry.whom_id is 'The customer or colleague it is about, if it is about one.';

-- What was recorded before there was a register; ids as the desk makes them, from the moment of the event.
insert into audit_entry (tenant_id, id, stream_id, seq, stream, kind, at, actor_id, ticket_id, whom_id)
select o.tenant_id,
  (substr(o.stamp, 1, 8) || '-' || substr(o.stamp, 9, 4) || '-7' || substr(o.rest, 1, 3) || '-8' || substr(o.rest, 4, 3)
    || '-' || substr(o.rest, 7, 12))::uuid,
  o.stream_id, o.seq, o.stream, o.told ->> 'kind', o.at, (o.told -> 'actor' ->> 'id')::uuid,
  case when o.told -> 'data' ->> 'ticket' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    then (o.told -> 'data' ->> 'ticket')::uuid end,
  case when coalesce(o.told -> 'data' ->> 'customer', o.told -> 'data' ->> 'staff')
      ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    then coalesce(o.told -> 'data' ->> 'customer', o.told -> 'data' ->> 'staff')::uuid
    when o.stream = 'staff' and o.stream_id <> (o.told -> 'actor' ->> 'id')::uuid then o.stream_id end
from (
  select e.tenant_id, e.stream_id, e.seq, s.kind as stream, e.body::json as told, (e.body::json ->> 'at')::timestamptz as at,
    lpad(to_hex((extract(epoch from (e.body::json ->> 'at')::timestamptz) * 1000)::bigint), 12, '0') as stamp,
    md5(e.stream_id::text || '/' || e.seq) as rest
  from stream s join event e on e.tenant_id = s.tenant_id and e.stream_id = s.id
  where s.kind in ('staff', 'config')
) o;

create table look (
  tenant_id uuid not null,
  staff_id uuid not null,
  seq bigint not null,
  kind text not null check (kind in ('unmask', 'search')),
  ticket_id uuid,
  subject_id uuid,
  value_id uuid,
  at timestamptz not null,
  until timestamptz not null,
  primary key (tenant_id, staff_id, seq),
  check ((kind = 'unmask') = (value_id is not null)),
  foreign key (tenant_id, staff_id, seq) references event (tenant_id, stream_id, seq) on delete cascade
);
create index look_lately on look (tenant_id, staff_id, at);
create index look_value on look (tenant_id, staff_id, value_id, until) where value_id is not null;
comment on table look is 'Who was shown which value in clear, and who searched by one: counted against the day''s limit and watched. Never the value.';
comment on column look.tenant_id is 'Tenant.';
comment on column look.staff_id is 'Who looked.';
comment on column look.seq is 'Its event in their stream, which says why.';
comment on column look.kind is 'unmask: a value was shown; search: tickets were searched by a whole value.';
comment on column look.ticket_id is 'The ticket it was for; null for a search.';
comment on column look.subject_id is 'Whose value: customer or ticket; null for a search.';
comment on column look.value_id is 'The value in the vault; null for a search.';
comment on column look.at is 'When.';
comment on column look.until is 'When it was masked again; until then the same look is not counted twice.';

create table look_policy (
  tenant_id uuid not null,
  version integer not null check (version > 0),
  body text not null,
  changed_by uuid not null,
  changed_at timestamptz not null,
  primary key (tenant_id, version)
);
comment on table look_policy is 'How much a person may look, and what counts as unusual. A version is never changed; the newest holds; none: the shipped one.';
comment on column look_policy.tenant_id is 'Tenant.';
comment on column look_policy.version is 'Number, from 1.';
comment on column look_policy.body is 'Limits and thresholds, canonical JSON.';
comment on column look_policy.changed_by is 'Who set it.';
comment on column look_policy.changed_at is 'When.';

create table look_alarm (
  tenant_id uuid not null,
  staff_id uuid not null,
  rule text not null,
  window_at timestamptz not null,
  count integer not null default 1,
  primary key (tenant_id, staff_id, rule, window_at)
);
create index look_alarm_old on look_alarm (tenant_id, window_at);
comment on table look_alarm is 'What was found unusual in an hour: told once, then only counted. Swept after a month.';
comment on column look_alarm.tenant_id is 'Tenant.';
comment on column look_alarm.staff_id is 'Who looked.';
comment on column look_alarm.rule is 'What is unusual about it; refused: how often they were refused in this hour.';
comment on column look_alarm.window_at is 'Begin of the hour.';
comment on column look_alarm.count is 'How often.';

create table siem_cursor (
  tenant_id uuid not null,
  target text not null,
  seal_no bigint not null default 0,
  stream_id uuid not null,
  seq bigint not null default 0,
  sent_at timestamptz,
  leased_until timestamptz,
  lease_id uuid,
  failing_since timestamptz,
  error text,
  primary key (tenant_id, target)
);
comment on table siem_cursor is 'How far the security monitoring (SIEM) has been told of the staff and configuration streams.';
comment on column siem_cursor.tenant_id is 'Tenant.';
comment on column siem_cursor.target is 'Scheme, host and port of the receiver: another one is told everything anew.';
comment on column siem_cursor.seal_no is 'Seal of the last event it took.';
comment on column siem_cursor.stream_id is 'Stream of that event.';
comment on column siem_cursor.seq is 'Number of that event.';
comment on column siem_cursor.sent_at is 'When it last took something.';
comment on column siem_cursor.leased_until is 'A worker is sending; after this moment another may.';
comment on column siem_cursor.lease_id is 'Which lease: who overran it moves nothing.';
comment on column siem_cursor.failing_since is 'Since when it takes nothing; null: it does.';
comment on column siem_cursor.error is 'Code of what went wrong last.';

do $$
declare
  name text;
begin
  foreach name in array array['audit_entry', 'look', 'look_policy', 'look_alarm', 'siem_cursor'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;

-- A register that its readers could rewrite would be none: only the role that removes events removes its rows, with them.
grant select, insert on audit_entry, look, look_policy to bihuan_app;
grant select, insert, update on look_alarm, siem_cursor to bihuan_app;
grant delete on look_alarm to bihuan_app;
