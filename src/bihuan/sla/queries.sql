-- name: clocks
-- The clocks of a ticket, the current run of each.
select kind, run, policy, policy_version, unit, amount, calendar, calendar_version, queue, last_day, stage,
  target_seconds, started_at, due_at, paused_at, paused_seconds, pauses, stopped_at, stopped_by, next_at, followed, provisional
from sla_clock where tenant_id = :tenant_id and ticket_id = :ticket_id order by kind;

-- name: clocks_of
-- The clocks of a page of tickets.
select ticket_id, kind, run, policy, policy_version, unit, amount, calendar, calendar_version, queue, last_day, stage,
  target_seconds, started_at, due_at, paused_at, paused_seconds, pauses, stopped_at, stopped_by, next_at, followed, provisional
from sla_clock where tenant_id = :tenant_id and ticket_id = any(:ticket_ids) order by ticket_id, kind;

-- name: put_clocks!
-- Clocks as arrays of equal length; those that are there are set to what is given.
insert into sla_clock (tenant_id, ticket_id, kind, run, policy, policy_version, unit, amount, calendar, calendar_version,
  queue, last_day, stage, target_seconds, started_at, due_at, paused_at, paused_seconds, pauses, stopped_at, stopped_by,
  next_at, followed, provisional)
select :tenant_id, :ticket_id, c.kind, c.run, c.policy, c.policy_version, c.unit, c.amount, c.calendar, c.calendar_version,
  c.queue, c.last_day, c.stage, c.target_seconds, c.started_at, c.due_at, c.paused_at, c.paused_seconds, c.pauses,
  c.stopped_at, c.stopped_by, c.next_at, string_to_array(c.followed, ','), c.provisional
from json_to_recordset(:clocks::json)
  as c (kind text, run smallint, policy text, policy_version integer, unit text, amount integer, calendar text,
  calendar_version integer, queue text, last_day text, stage text, target_seconds integer, started_at timestamptz,
  due_at timestamptz, paused_at timestamptz, paused_seconds integer, pauses text, stopped_at timestamptz, stopped_by text,
  next_at timestamptz, followed text, provisional boolean)
on conflict (tenant_id, ticket_id, kind) do update set run = excluded.run, policy = excluded.policy,
  policy_version = excluded.policy_version, unit = excluded.unit, amount = excluded.amount, calendar = excluded.calendar,
  calendar_version = excluded.calendar_version, queue = excluded.queue, last_day = excluded.last_day, stage = excluded.stage,
  target_seconds = excluded.target_seconds, started_at = excluded.started_at, due_at = excluded.due_at,
  paused_at = excluded.paused_at, paused_seconds = excluded.paused_seconds, pauses = excluded.pauses,
  stopped_at = excluded.stopped_at, stopped_by = excluded.stopped_by, next_at = excluded.next_at,
  followed = excluded.followed, provisional = excluded.provisional;

-- name: put_past!
-- Runs that gave way to the next, as arrays; one that is there already stays as it ended.
insert into sla_clock_past (tenant_id, ticket_id, kind, run, body, ended_at)
select :tenant_id, :ticket_id, p.kind, p.run, p.body, p.ended_at
from unnest(:kinds::text[], :runs::smallint[], :bodies::text[], :ended::timestamptz[]) as p (kind, run, body, ended_at)
on conflict (tenant_id, ticket_id, kind, run) do nothing;

-- name: past_runs
-- Former runs of a ticket's clocks, oldest first.
select body from sla_clock_past where tenant_id = :tenant_id and ticket_id = :ticket_id order by ended_at, kind, run;

-- name: calendars
-- Every version of every calendar, without the bodies: those never change and are remembered.
select code, version, state, origin, digest, note, move_running, made_by, made_at, decided_by, decided_at
from calendar where tenant_id = :tenant_id order by code, version;

-- name: calendar_bodies
-- Bodies not yet remembered.
select distinct on (digest) digest, body from calendar where tenant_id = :tenant_id and digest = any(:digests) order by digest;

-- name: policies
-- Every version of every policy, without the bodies.
select code, version, layer, digest, effective_from, retired, note, made_by, made_at
from sla_policy where tenant_id = :tenant_id order by code, version;

-- name: policy_bodies
-- Bodies not yet remembered.
select distinct on (digest) digest, body from sla_policy where tenant_id = :tenant_id and digest = any(:digests) order by digest;

-- name: hold_versions!
-- Versions of a calendar or policy are made one at a time: what is read after this stays so until the commit.
select pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'sla', :tenant_id, :what::text, :code::text), 0));

-- name: lock_calendar
-- Versions of one calendar, locked until the decision is written.
select code, version, state, origin, digest, note, move_running, made_by, made_at, decided_by, decided_at
from calendar where tenant_id = :tenant_id and code = :code order by version for update;

-- name: add_calendar!
-- A new version.
insert into calendar (tenant_id, code, version, body, digest, state, origin, move_running, note, made_by, made_at,
  decided_by, decided_at)
values (:tenant_id, :code, :version, :body, :digest, :state, :origin, :move_running, :note, :made_by, :made_at,
  :decided_by, :decided_at);

-- name: calendar_past!
-- The version that held until now.
update calendar set state = 'past' where tenant_id = :tenant_id and code = :code and state = 'current';

-- name: decide_calendar
-- What a second person decided about a proposal.
update calendar set state = :state, move_running = :move_running, decided_by = :decided_by, decided_at = :decided_at
where tenant_id = :tenant_id and code = :code and version = :version and state = 'proposed' returning version;

-- name: add_policy!
-- A new version.
insert into sla_policy (tenant_id, code, version, body, digest, layer, effective_from, retired, note, made_by, made_at)
values (:tenant_id, :code, :version, :body, :digest, :layer, :effective_from, :retired, :note, :made_by, :made_at);

-- name: add_proposal!
-- A policy's next version, for a second person to approve.
insert into sla_policy_proposal (tenant_id, id, code, based_on, body, retires, effective_from, move_running, note, state,
  asked_by, asked_at, decided_by, decided_at, version)
values (:tenant_id, :id, :code, :based_on, :body, :retires, :effective_from, :move_running, :note, :state,
  :asked_by, :asked_at, :decided_by, :decided_at, :version);

-- name: lock_proposal
-- One proposal, locked until the decision is written.
select id, code, based_on, body, retires, effective_from, move_running, note, state, asked_by, asked_at, decided_by,
  decided_at, version
from sla_policy_proposal where tenant_id = :tenant_id and id = :id for update;

-- name: proposals
-- What was proposed, newest first.
select id, code, based_on, body, retires, effective_from, move_running, note, state, asked_by, asked_at, decided_by,
  decided_at, version
from sla_policy_proposal where tenant_id = :tenant_id order by id desc limit :most;

-- name: decide_proposal!
-- What a second person decided.
update sla_policy_proposal set state = :state, decided_by = :decided_by, decided_at = :decided_at, version = :version
where tenant_id = :tenant_id and id = :id and state = 'proposed';

-- name: add_change!
-- Running clocks are to be reckoned anew.
insert into sla_change (tenant_id, id, what, code, version, scope, asked_by, asked_at)
values (:tenant_id, :id, :what, :code, :version, :scope, :asked_by, :asked_at);

-- name: changes
-- Changes, latest first.
select what, code, version, scope, moved, done_at, asked_by, asked_at
from sla_change where tenant_id = :tenant_id order by id desc limit :most;

-- name: open_by_calendar
-- The next open clocks reckoned by a calendar, in the order of their key.
select ticket_id, kind, run, policy, policy_version, unit, amount, calendar, calendar_version, queue, last_day, stage,
  target_seconds, started_at, due_at, paused_at, paused_seconds, pauses, stopped_at, stopped_by, next_at, followed, provisional
from sla_clock where tenant_id = :tenant_id and calendar = :code and stopped_at is null
  and (ticket_id, kind) > (:after_id, :after_kind::text)
order by ticket_id, kind limit :most;

-- name: open_by_policy
-- The next open clocks started by a policy, in the order of their key.
select ticket_id, kind, run, policy, policy_version, unit, amount, calendar, calendar_version, queue, last_day, stage,
  target_seconds, started_at, due_at, paused_at, paused_seconds, pauses, stopped_at, stopped_by, next_at, followed, provisional
from sla_clock where tenant_id = :tenant_id and policy = :code and stopped_at is null
  and (ticket_id, kind) > (:after_id, :after_kind::text)
order by ticket_id, kind limit :most;
