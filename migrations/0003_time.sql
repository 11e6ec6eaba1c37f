-- Time: calendars and policies in versions, clocks that keep what they rest on, extensions, changes, tasks.
-- Expands only: a release before this one goes on running beside it, with its own two clocks.

-- ------------------------------------------------------------------------------------------- calendars and policies
create table calendar (
  tenant_id uuid not null,
  code text not null check (code ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
  version integer not null check (version > 0),
  body text not null,
  digest text not null,
  state text not null check (state in ('proposed', 'current', 'past', 'refused')),
  origin text not null check (origin in ('shipped', 'edited', 'notice', 'rolled_back')),
  move_running boolean not null default false,
  note text not null,
  made_by uuid not null,
  made_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  primary key (tenant_id, code, version)
);
create unique index calendar_current on calendar (tenant_id, code) where state = 'current';
comment on table calendar is 'Working time, in versions that never change; a clock keeps the one it was reckoned by.';
comment on column calendar.tenant_id is 'Tenant.';
comment on column calendar.code is 'Code, as limits name it.';
comment on column calendar.version is 'Number within the code, from 1.';
comment on column calendar.body is 'The calendar as canonical JSON.';
comment on column calendar.digest is 'SHA-256 of the body.';
comment on column calendar.state is 'proposed by one person; current once a second approved; past; refused.';
comment on column calendar.origin is 'Shipped, edited by hand, from a yearly notice, or an older version taken again.';
comment on column calendar.move_running is 'Whether running clocks are reckoned anew by it; those marked provisional always are.';
comment on column calendar.note is 'Why, in the words of who proposed it.';
comment on column calendar.made_by is 'Who proposed it.';
comment on column calendar.made_at is 'When.';
comment on column calendar.decided_by is 'Who approved or refused it: never who proposed it.';
comment on column calendar.decided_at is 'When.';

create table sla_policy (
  tenant_id uuid not null,
  code text not null check (code ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
  version integer not null check (version > 0),
  body text not null,
  digest text not null,
  layer text not null check (layer in ('shipped', 'own')),
  effective_from timestamptz not null,
  retired boolean not null default false,
  note text not null,
  made_by uuid not null,
  made_at timestamptz not null,
  primary key (tenant_id, code, version)
);
comment on table sla_policy is 'What is promised to which tickets, in versions that never change; a clock keeps the one it was started by.';
comment on column sla_policy.tenant_id is 'Tenant.';
comment on column sla_policy.code is 'Code.';
comment on column sla_policy.version is 'Number within the code, from 1; of those in effect the highest holds.';
comment on column sla_policy.body is 'The policy as canonical JSON.';
comment on column sla_policy.digest is 'SHA-256 of the body.';
comment on column sla_policy.layer is 'shipped with the product, or the institution''s own, which no upgrade touches.';
comment on column sla_policy.effective_from is 'Holds for what happens from then on.';
comment on column sla_policy.retired is 'From then on the code matches nothing; what it started goes on.';
comment on column sla_policy.note is 'Why, in the words of who made it.';
comment on column sla_policy.made_by is 'Who.';
comment on column sla_policy.made_at is 'When.';

-- A change of a calendar or a policy whose running clocks are being reckoned anew, ticket by ticket.
create table sla_change (
  tenant_id uuid not null,
  id uuid not null,
  what text not null check (what in ('calendar', 'policy')),
  code text not null,
  version integer not null,
  scope text not null check (scope in ('all', 'provisional')),
  asked_by uuid not null,
  asked_at timestamptz not null,
  moved integer not null default 0,
  done_at timestamptz,
  primary key (tenant_id, id)
);
create index sla_change_open on sla_change (tenant_id, id) where done_at is null;
comment on table sla_change is 'Running clocks being reckoned anew after a change; each ticket''s move is an event of its own.';
comment on column sla_change.tenant_id is 'Tenant.';
comment on column sla_change.id is 'Key.';
comment on column sla_change.what is 'calendar or policy.';
comment on column sla_change.code is 'Its code.';
comment on column sla_change.version is 'The version to go on by.';
comment on column sla_change.scope is 'all running clocks of it, or the provisional ones alone.';
comment on column sla_change.asked_by is 'Who approved it.';
comment on column sla_change.asked_at is 'When.';
comment on column sla_change.moved is 'Clocks moved so far.';
comment on column sla_change.done_at is 'When the last was moved.';

-- ------------------------------------------------------------------------------------------------------------ clocks
alter table sla_clock drop constraint sla_clock_kind_check;
alter table sla_clock add constraint sla_clock_kind_check check (kind ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$');
alter table sla_clock
  add column run smallint not null default 1,
  add column policy text not null default '',
  add column policy_version integer not null default 0,
  add column unit text not null default 'hour'
    check (unit in ('minute', 'hour', 'business_minute', 'business_hour', 'working_day', 'calendar_day')),
  add column amount integer not null default 0,
  add column calendar text not null default '',
  add column calendar_version integer not null default 0,
  add column queue text not null default '',
  add column last_day text not null default 'strict' check (last_day in ('strict', 'next_working_day')),
  add column stage text not null default '',
  add column pauses text not null default '[]',
  add column next_at timestamptz,
  add column followed text[] not null default '{}',
  add column provisional boolean not null default false;
-- Clocks from before are followed up at their due moment, as they always were: by being late.
update sla_clock set next_at = due_at where stopped_at is null and paused_at is null;
-- In the order of a queue by least time left, ties and all.
drop index sla_clock_due;
create index sla_clock_due on sla_clock (tenant_id, due_at, ticket_id) where stopped_at is null and paused_at is null;
create index sla_clock_next on sla_clock (tenant_id, next_at) where next_at is not null;
create index sla_clock_calendar on sla_clock (tenant_id, calendar, calendar_version) where stopped_at is null;
create index sla_clock_policy on sla_clock (tenant_id, policy, policy_version) where stopped_at is null;
comment on column sla_clock.kind is 'The rule''s code: first_response, resolution, an OLA''s, a regulator''s limit.';
comment on column sla_clock.run is 'Which run it is; the ones before are in sla_clock_past.';
comment on column sla_clock.policy is 'Policy it was started by; empty: the case type''s own promise.';
comment on column sla_clock.policy_version is 'Its version.';
comment on column sla_clock.unit is 'How time is counted.';
comment on column sla_clock.amount is 'The limit in that unit; 0: target_seconds around the clock.';
comment on column sla_clock.calendar is 'Calendar it is reckoned by; empty: around the clock.';
comment on column sla_clock.calendar_version is 'Its version.';
comment on column sla_clock.queue is 'Queue whose differences hold.';
comment on column sla_clock.last_day is 'Where a last day that is no working day ends.';
comment on column sla_clock.stage is 'Extension granted; empty: the first limit.';
comment on column sla_clock.pauses is 'Pauses as canonical JSON: started_at, ended_at, reason.';
comment on column sla_clock.next_at is 'When it must be followed up next; null: nothing more to follow.';
comment on column sla_clock.followed is 'Steps of the ladder that were taken, and breach.';
comment on column sla_clock.provisional is 'Reaches into a year whose holiday notice is not out.';

create table sla_clock_past (
  tenant_id uuid not null,
  ticket_id uuid not null,
  kind text not null,
  run smallint not null,
  body text not null,
  ended_at timestamptz not null,
  primary key (tenant_id, ticket_id, kind, run),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
comment on table sla_clock_past is 'Runs of clocks that were started again: kept as they ended.';
comment on column sla_clock_past.tenant_id is 'Tenant.';
comment on column sla_clock_past.ticket_id is 'Ticket.';
comment on column sla_clock_past.kind is 'Clock.';
comment on column sla_clock_past.run is 'Run.';
comment on column sla_clock_past.body is 'The clock as canonical JSON.';
comment on column sla_clock_past.ended_at is 'When the next run began.';

create table sla_extension (
  tenant_id uuid not null,
  id uuid not null,
  ticket_id uuid not null,
  kind text not null,
  run smallint not null,
  stage text not null,
  state text not null check (state in ('asked', 'granted', 'refused', 'lapsed')),
  asked_by uuid not null,
  asked_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  seq bigint not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create unique index sla_extension_asked on sla_extension (tenant_id, ticket_id, kind) where state = 'asked';
comment on table sla_extension is 'A longer limit asked for a clock: holds once another person granted it and the customer was told.';
comment on column sla_extension.tenant_id is 'Tenant.';
comment on column sla_extension.id is 'Key.';
comment on column sla_extension.ticket_id is 'Ticket.';
comment on column sla_extension.kind is 'Clock.';
comment on column sla_extension.run is 'Its run.';
comment on column sla_extension.stage is 'Stage asked for.';
comment on column sla_extension.state is 'asked; granted; refused; lapsed: the limit before ended first, or the clock stopped.';
comment on column sla_extension.asked_by is 'Who asked.';
comment on column sla_extension.asked_at is 'When.';
comment on column sla_extension.decided_by is 'Who decided: never who asked.';
comment on column sla_extension.decided_at is 'When.';
comment on column sla_extension.seq is 'Event of the asking; reason and words for the customer stand there.';

-- ------------------------------------------------------------------------------------------------------------- tasks
create table task (
  tenant_id uuid not null,
  id uuid not null,
  ticket_id uuid not null,
  team_id uuid not null,
  title_zh text not null,
  title_en text not null,
  cause text not null,
  opened_at timestamptz not null,
  done_at timestamptz,
  done_by uuid,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create index task_ticket on task (tenant_id, ticket_id);
create index task_team on task (tenant_id, team_id, id) where done_at is null;
comment on table task is 'A department''s part of a ticket, opened by an escalation.';
comment on column task.tenant_id is 'Tenant.';
comment on column task.id is 'Key.';
comment on column task.ticket_id is 'Ticket.';
comment on column task.team_id is 'Whose part.';
comment on column task.title_zh is 'What is to be done, Chinese.';
comment on column task.title_en is 'What is to be done, English.';
comment on column task.cause is 'Clock and step that opened it.';
comment on column task.opened_at is 'When.';
comment on column task.done_at is 'Done.';
comment on column task.done_by is 'By whom.';

-- What is waited for may be an outside expert's appraisal, whose time a rule may leave out.
alter table ticket drop constraint ticket_waiting_for_check;
alter table ticket add constraint ticket_waiting_for_check
  check (waiting_for in ('customer', 'third_party', 'appraisal'));

-- What is waited for until a moment is taken up again by the desk once that has passed.
create index ticket_waits on ticket (tenant_id, waiting_until) where state = 'waiting' and waiting_until is not null;

alter table customer add column tier text check (tier ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$');
comment on column customer.tier is 'Tier by which policies tell customers apart; null: none.';

do $$
declare
  name text;
begin
  foreach name in array array['calendar', 'sla_policy', 'sla_change', 'sla_clock_past', 'sla_extension', 'task'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;
create policy every_tenant on sla_clock for select to bihuan_sweep using (true);
create policy every_tenant on sla_change for select to bihuan_sweep using (true);
create policy every_tenant on ticket for select to bihuan_sweep using (true);

-- A version's body is never changed: who may update may touch its state alone.
grant select, insert on calendar, sla_policy, sla_clock_past to bihuan_app;
grant update (state, move_running, decided_by, decided_at) on calendar to bihuan_app;
grant select, insert, update on sla_change, sla_extension, task to bihuan_app;
grant select (tenant_id, next_at) on sla_clock to bihuan_sweep;
grant select (tenant_id, done_at) on sla_change to bihuan_sweep;
grant select (tenant_id, state, waiting_until) on ticket to bihuan_sweep;
