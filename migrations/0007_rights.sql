-- Rights: shipped roles and what a tenant made of them, whose queue a team may see, deputies, customer verification.
-- Expands only: a release before this one goes on running beside it.

alter table role add column shipped text;
comment on column role.shipped is 'SHA-256 of the shipped role it was taken from; null: made here. Another digest than the row''s own: changed here.';
-- Who saw what no team has yet goes on seeing it: that is a permission of its own now.
update role set permissions = array_append(permissions, 'ticket.read_intake')
where 'ticket.read' = any(permissions) and not 'ticket.read_intake' = any(permissions);

create table team_sees (
  tenant_id uuid not null,
  team_id uuid not null,
  seen_team_id uuid not null check (seen_team_id <> team_id),
  primary key (tenant_id, team_id, seen_team_id),
  foreign key (tenant_id, team_id) references team (tenant_id, id),
  foreign key (tenant_id, seen_team_id) references team (tenant_id, id)
);
comment on table team_sees is 'Whose queue a team sees beside its own.';
comment on column team_sees.tenant_id is 'Tenant.';
comment on column team_sees.team_id is 'Team that sees.';
comment on column team_sees.seen_team_id is 'Team whose tickets it sees.';

create table deputy (
  tenant_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  deputy_id uuid not null check (deputy_id <> staff_id),
  from_at timestamptz not null,
  until_at timestamptz not null check (until_at > from_at),
  made_by uuid not null,
  made_at timestamptz not null,
  ended_at timestamptz,
  ended_by uuid,
  primary key (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id),
  foreign key (tenant_id, deputy_id) references staff (tenant_id, id)
);
create index deputy_until on deputy (tenant_id, until_at) where ended_at is null;
comment on table deputy is 'Who stands in for whom, and when: on their tickets and tasks, with permissions of one''s own.';
comment on column deputy.tenant_id is 'Tenant.';
comment on column deputy.id is 'Key.';
comment on column deputy.staff_id is 'Who is away.';
comment on column deputy.deputy_id is 'Who stands in.';
comment on column deputy.from_at is 'From this moment.';
comment on column deputy.until_at is 'Until just before this moment; it then ends by itself.';
comment on column deputy.made_by is 'Who named the deputy.';
comment on column deputy.made_at is 'When.';
comment on column deputy.ended_at is 'When it was ended before its time.';
comment on column deputy.ended_by is 'By whom.';

create table verification (
  tenant_id uuid not null,
  id uuid not null,
  ticket_id uuid not null,
  seq bigint not null,
  customer_id uuid,
  method text not null
    check (method in ('knowledge', 'sms', 'ivr_password', 'host_app', 'face', 'video', 'document')),
  level smallint not null check (level between 0 and 3),
  passed boolean not null,
  attempt smallint not null check (attempt > 0),
  channel text not null check (channel in ('phone', 'counter', 'video', 'app', 'portal', 'chat')),
  reference text check (reference ~ '^[A-Za-z][A-Za-z0-9._:-]{3,63}$'),
  staff_id uuid not null,
  verified_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id),
  foreign key (tenant_id, ticket_id, seq) references event (tenant_id, stream_id, seq) deferrable initially deferred
);
create index verification_ticket on verification (tenant_id, ticket_id, verified_at);
comment on table verification is 'Attempts to verify that a customer is who they say (核身): what came of them, never an answer, a code or a picture.';
comment on column verification.tenant_id is 'Tenant.';
comment on column verification.id is 'Key.';
comment on column verification.ticket_id is 'Ticket.';
comment on column verification.seq is 'Its event.';
comment on column verification.customer_id is 'Customer of the ticket at that moment: for another it does not hold.';
comment on column verification.method is 'How it was tried.';
comment on column verification.level is 'Level reached, 0 to 3; 0 where it failed.';
comment on column verification.passed is 'Whether it succeeded.';
comment on column verification.attempt is 'Number of the attempt within the contact, from 1.';
comment on column verification.channel is 'How the customer was in contact.';
comment on column verification.reference is 'Id of the call, message or comparison in the system that did it.';
comment on column verification.staff_id is 'Who recorded it.';
comment on column verification.verified_at is 'When.';

-- A department sees a ticket as long as a task of it is open there.
create index task_open on task (tenant_id, team_id, ticket_id) where done_at is null;

do $$
declare
  name text;
begin
  foreach name in array array['team_sees', 'deputy', 'verification'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;

grant select, insert on team_sees, deputy, verification to bihuan_app;
grant delete on team_sees to bihuan_app;
grant update (ended_at, ended_by) on deputy to bihuan_app;
