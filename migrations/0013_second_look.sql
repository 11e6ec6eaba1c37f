-- Changes of policies that wait for a second person; and how a way out of the desk fares, which rests once it is dead.
-- Expands only: a release before this one makes no proposals and goes on trying.

create table sla_policy_proposal (
  tenant_id uuid not null,
  id uuid not null,
  code text not null check (code ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
  based_on integer not null check (based_on >= 0),
  body text not null,
  retires boolean not null,
  effective_from timestamptz,
  move_running boolean not null,
  note text not null,
  state text not null check (state in ('proposed', 'approved', 'refused')),
  asked_by uuid not null,
  asked_at timestamptz not null,
  decided_by uuid check (decided_by <> asked_by),
  decided_at timestamptz,
  version integer,
  primary key (tenant_id, id),
  check ((state = 'proposed') = (decided_by is null)),
  check ((state = 'proposed') = (decided_at is null)),
  check ((state = 'approved') = (version is not null)),
  foreign key (tenant_id, code, version) references sla_policy (tenant_id, code, version)
);
create index sla_policy_proposal_open on sla_policy_proposal (tenant_id, code) where state = 'proposed';
comment on table sla_policy_proposal is 'A policy''s next version that one person proposes and another approves: what lengthens a limit set from outside.';
comment on column sla_policy_proposal.tenant_id is 'Tenant.';
comment on column sla_policy_proposal.id is 'Key.';
comment on column sla_policy_proposal.code is 'Policy.';
comment on column sla_policy_proposal.based_on is 'Latest version when it was proposed; 0: the policy is new.';
comment on column sla_policy_proposal.body is 'The policy as canonical JSON.';
comment on column sla_policy_proposal.retires is 'Whether the policy is to match nothing any more.';
comment on column sla_policy_proposal.effective_from is 'From when on it is to hold; null: at once.';
comment on column sla_policy_proposal.move_running is 'Whether running clocks are to be reckoned anew.';
comment on column sla_policy_proposal.note is 'Why, in the words of who proposed it.';
comment on column sla_policy_proposal.state is 'proposed; approved; refused.';
comment on column sla_policy_proposal.asked_by is 'Who proposed it.';
comment on column sla_policy_proposal.asked_at is 'When.';
comment on column sla_policy_proposal.decided_by is 'Who decided: never the one who proposed it.';
comment on column sla_policy_proposal.decided_at is 'When.';
comment on column sla_policy_proposal.version is 'The version it became.';

create table notice_channel (
  tenant_id uuid not null,
  channel text not null check (channel in ('email', 'sms')),
  failures integer not null check (failures >= 0),
  since_at timestamptz,
  rests_until timestamptz,
  error text,
  primary key (tenant_id, channel)
);
comment on table notice_channel is 'How a way out of the desk fares: after failures in a row it rests, and is tried by one message alone.';
comment on column notice_channel.tenant_id is 'Tenant.';
comment on column notice_channel.channel is 'email or sms.';
comment on column notice_channel.failures is 'Failures in a row: the other side was not reached or gave no answer.';
comment on column notice_channel.since_at is 'When the first of them was.';
comment on column notice_channel.rests_until is 'Nothing is tried before; null: it does not rest.';
comment on column notice_channel.error is 'Code of what went wrong last.';

do $$
declare
  name text;
begin
  foreach name in array array['sla_policy_proposal', 'notice_channel'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;

grant select, insert on sla_policy_proposal to bihuan_app;
grant update (state, decided_by, decided_at, version) on sla_policy_proposal to bihuan_app;
grant select, insert, update on notice_channel to bihuan_app;
