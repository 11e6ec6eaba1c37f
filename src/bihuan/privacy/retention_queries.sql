-- name: rules
-- Every version of every class's own time, newest first.
select class as record_class, version, amount, unit, note, state, effective_from, made_by, made_at, decided_by, decided_at
from retention_rule where tenant_id = :tenant_id order by class, version desc;

-- name: hold_rules
-- One at a time sets the time of a class.
select pg_advisory_xact_lock(hashtextextended('retention:' || :tenant_id::text || :record_class, 0));

-- name: add_rule!
-- A version.
insert into retention_rule (tenant_id, class, version, amount, unit, note, state, effective_from, made_by, made_at)
values (:tenant_id, :record_class, :version, :amount, :unit, :note, :state, :effective_from, :made_by, :made_at);

-- name: decide_rule!
-- What came of a proposal; whoever decides holds the class's lock.
update retention_rule set state = :state, decided_by = :decided_by, decided_at = :decided_at,
  effective_from = :effective_from
where tenant_id = :tenant_id and class = :record_class and version = :version and state = 'proposed';

-- name: holds
-- Legal holds, newest first: all, or those that stand.
select id, subject_id, ticket_id, ground, note, until_at, placed_by, placed_at, lift_asked_by, lift_asked_at, lifted_by,
  lifted_at
from legal_hold where tenant_id = :tenant_id
  and (:all or (lifted_at is null and (until_at is null or until_at > :now)))
order by id desc limit :most;

-- name: holds_on
-- What holds a ticket or a person now, by the oldest.
select id, subject_id, ticket_id, ground, note, until_at, placed_by, placed_at, lift_asked_by, lift_asked_at, lifted_by,
  lifted_at
from legal_hold where tenant_id = :tenant_id and lifted_at is null and (until_at is null or until_at > :now)
  and (subject_id = any(:subject_ids) or ticket_id = any(:ticket_ids))
order by id;

-- name: lock_hold
-- One hold, to be lifted.
select id, subject_id, ticket_id, ground, note, until_at, placed_by, placed_at, lift_asked_by, lift_asked_at, lifted_by,
  lifted_at
from legal_hold where tenant_id = :tenant_id and id = :id for update;

-- name: add_hold!
-- A hold.
insert into legal_hold (tenant_id, id, subject_id, ticket_id, ground, note, until_at, placed_by, placed_at)
values (:tenant_id, :id, :subject_id, :ticket_id, :ground, :note, :until_at, :placed_by, :placed_at);

-- name: ask_lift!
-- Somebody asks to lift it, or takes that back.
update legal_hold set lift_asked_by = :by, lift_asked_at = :at
where tenant_id = :tenant_id and id = :id and lifted_at is null;

-- name: lift_hold!
-- A second person lifts it.
update legal_hold set lifted_by = :by, lifted_at = :at where tenant_id = :tenant_id and id = :id and lifted_at is null;
