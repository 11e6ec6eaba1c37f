-- name: clocks
-- The clocks of a ticket.
select kind, target_seconds, started_at, due_at, paused_at, paused_seconds, stopped_at, stopped_by
from sla_clock where tenant_id = :tenant_id and ticket_id = :ticket_id order by kind;

-- name: clocks_of
-- The clocks of a page of tickets.
select ticket_id, kind, target_seconds, started_at, due_at, paused_at, paused_seconds, stopped_at, stopped_by
from sla_clock where tenant_id = :tenant_id and ticket_id = any(:ticket_ids) order by ticket_id, kind;

-- name: put_clocks!
-- Clocks as arrays of equal length; those that are there are set to what is given.
insert into sla_clock (tenant_id, ticket_id, kind, target_seconds, started_at, due_at, paused_at, paused_seconds,
  stopped_at, stopped_by)
select :tenant_id, :ticket_id, c.kind, c.target_seconds, c.started_at, c.due_at, c.paused_at, c.paused_seconds,
  c.stopped_at, c.stopped_by
from unnest(:kinds::text[], :targets::integer[], :started::timestamptz[], :due::timestamptz[], :paused::timestamptz[],
  :paused_seconds::integer[], :stopped::timestamptz[], :stopped_by::text[])
  as c (kind, target_seconds, started_at, due_at, paused_at, paused_seconds, stopped_at, stopped_by)
on conflict (tenant_id, ticket_id, kind) do update set target_seconds = excluded.target_seconds,
  started_at = excluded.started_at, due_at = excluded.due_at, paused_at = excluded.paused_at,
  paused_seconds = excluded.paused_seconds, stopped_at = excluded.stopped_at, stopped_by = excluded.stopped_by;
