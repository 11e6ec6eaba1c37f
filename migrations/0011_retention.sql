-- Retention: how long each class of records is kept, the runs that delete what is over its time, and legal holds.
-- Expands only: a release before this one goes on running beside it.

create table retention_rule (
  tenant_id uuid not null,
  class text not null,
  version integer not null check (version > 0),
  amount integer not null check (amount > 0),
  unit text not null check (unit in ('day', 'month', 'year')),
  note text not null,
  state text not null check (state in ('proposed', 'approved', 'refused')),
  effective_from timestamptz not null,
  made_by uuid not null,
  made_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  primary key (tenant_id, class, version),
  check (decided_by is null or decided_by <> made_by)
);
create unique index retention_rule_proposed on retention_rule (tenant_id, class) where state = 'proposed';
comment on table retention_rule is 'How long the institution keeps a class of records where it is not the shipped time; a version never changes but for its state.';
comment on column retention_rule.tenant_id is 'Tenant.';
comment on column retention_rule.class is 'Class of the shipped catalogue of classes.';
comment on column retention_rule.version is 'Number within the class, from 1.';
comment on column retention_rule.amount is 'How many.';
comment on column retention_rule.unit is 'day, month or year: of the calendar.';
comment on column retention_rule.note is 'Why, masked.';
comment on column retention_rule.state is 'proposed: it shortens the time and waits for a second person; approved; refused.';
comment on column retention_rule.effective_from is 'From this moment, once approved.';
comment on column retention_rule.made_by is 'Who made it.';
comment on column retention_rule.made_at is 'When.';
comment on column retention_rule.decided_by is 'Who decided: never who made it. Null: it lengthens the time and needed nobody.';
comment on column retention_rule.decided_at is 'When.';

create table retention_run (
  tenant_id uuid not null,
  id uuid not null,
  state text not null check (state in ('proposed', 'approved', 'refused', 'done')),
  as_of date not null,
  cutoffs text not null,
  counts text not null,
  note text not null,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  tickets integer not null default 0,
  files integer not null default 0,
  persons integer not null default 0,
  failed integer not null default 0,
  done_at timestamptz,
  primary key (tenant_id, id),
  check (decided_by is null or decided_by <> proposed_by)
);
create unique index retention_run_open on retention_run (tenant_id) where state in ('proposed', 'approved');
comment on table retention_run is 'A deletion of what is over its time: proposed by one colleague, decided by another, worked off by the worker.';
comment on column retention_run.tenant_id is 'Tenant.';
comment on column retention_run.id is 'Key.';
comment on column retention_run.state is 'proposed, approved, refused or done.';
comment on column retention_run.as_of is 'Day on which it was reckoned, of the desk''s own zone.';
comment on column retention_run.cutoffs is 'Per class the day before which a record must have been closed; canonical JSON. What falls due later waits for the next run.';
comment on column retention_run.counts is 'What it would delete when it was proposed, per class: how many, the oldest and the newest; canonical JSON.';
comment on column retention_run.note is 'Why it was refused, masked; empty.';
comment on column retention_run.proposed_by is 'Who proposed it.';
comment on column retention_run.proposed_at is 'When.';
comment on column retention_run.decided_by is 'Who decided: never who proposed it.';
comment on column retention_run.decided_at is 'When.';
comment on column retention_run.tickets is 'Tickets deleted so far.';
comment on column retention_run.files is 'Files of theirs.';
comment on column retention_run.persons is 'Persons whose key went because nothing of theirs is kept any more.';
comment on column retention_run.failed is 'Tickets that could not be done; they are due again in the next run.';
comment on column retention_run.done_at is 'When it was done.';

create table legal_hold (
  tenant_id uuid not null,
  id uuid not null,
  subject_id uuid,
  ticket_id uuid,
  ground text not null check (ground in ('lawsuit', 'regulator', 'police', 'audit', 'other')),
  note text not null,
  until_at timestamptz,
  placed_by uuid not null,
  placed_at timestamptz not null,
  lift_asked_by uuid,
  lift_asked_at timestamptz,
  lifted_by uuid,
  lifted_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id),
  foreign key (tenant_id, subject_id) references vault_subject (tenant_id, id),
  check ((subject_id is null) <> (ticket_id is null)),
  check (lifted_by is null or lifted_by <> lift_asked_by)
);
create index legal_hold_subject on legal_hold (tenant_id, subject_id) where lifted_at is null and subject_id is not null;
create index legal_hold_ticket on legal_hold (tenant_id, ticket_id) where lifted_at is null and ticket_id is not null;
comment on table legal_hold is 'What must not be deleted, whatever its time: a person with all of their tickets, or one ticket.';
comment on column legal_hold.tenant_id is 'Tenant.';
comment on column legal_hold.id is 'Key.';
comment on column legal_hold.subject_id is 'The person; null where a ticket is held.';
comment on column legal_hold.ticket_id is 'The ticket; null where a person is held.';
comment on column legal_hold.ground is 'Why: lawsuit, regulator, police, audit or other.';
comment on column legal_hold.note is 'File number or the like, masked.';
comment on column legal_hold.until_at is 'It ends by itself at this moment; null: only by lifting.';
comment on column legal_hold.placed_by is 'Who placed it.';
comment on column legal_hold.placed_at is 'When.';
comment on column legal_hold.lift_asked_by is 'Who asked to lift it.';
comment on column legal_hold.lift_asked_at is 'When.';
comment on column legal_hold.lifted_by is 'Who lifted it: never who asked.';
comment on column legal_hold.lifted_at is 'When.';

-- ------------------------------------------------------------------------------- what is deleted of a single ticket
alter table vault_value add column ticket_id uuid;
create index vault_value_ticket on vault_value (tenant_id, ticket_id) where ticket_id is not null;
comment on column vault_value.ticket_id is 'The ticket in whose words it stands: deleted with them. Null: it is of the person (a contact, a link).';

alter table attachment add column sealed_sha256 bytea;
comment on column attachment.sealed is 'Sealed: safe, masked name. Empty: its time is over and it was deleted.';
comment on column attachment.sealed_sha256 is 'SHA-256 of the sealed name that was deleted: the chain committed to it. Null as long as it is there.';
comment on column ticket.sealed is 'Sealed: title, elements, fields (protected ones as {mask, value_id}), resolution. Empty: its time is over and they were deleted.';
comment on column message.sealed is 'Sealed: masked text, and where its masks stand ([start, end, kind, value_id]). Empty: its time is over and it was deleted.';
create index ticket_closed on ticket (tenant_id, closed_at, id) where closed_at is not null and octet_length(sealed) > 0;
create index draft_age on draft (tenant_id, created_at);

do $$
declare
  name text;
begin
  foreach name in array array['retention_rule', 'retention_run', 'legal_hold'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;
create policy every_tenant on retention_run for select to bihuan_sweep using (true);

grant select, insert, update on retention_rule, retention_run, legal_hold to bihuan_app;
grant update (sealed, sealed_sha256) on attachment to bihuan_app;
-- Sessions that ended longer ago than the institution keeps such.
grant delete on session to bihuan_app;
grant select (tenant_id, state) on retention_run to bihuan_sweep;
