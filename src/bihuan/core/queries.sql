-- name: end_by_itself!
-- PostgreSQL 17 and later end this transaction after so long, whatever it is at.
select set_config('transaction_timeout', :milliseconds, true)
where current_setting('transaction_timeout', true) is not null;

-- name: tenants_due
-- across tenants: which have events to deliver; the delivery runs tenant by tenant.
select distinct tenant_id from outbox where due_at <= :now;

-- name: kinds_due
-- Which kinds of a tenant's events wait: who has none of them needs no look.
select distinct kind from outbox where tenant_id = :tenant_id and due_at <= :now;

-- name: drop_unheard
-- Events nobody reacts to need no delivery.
with unheard as (
  select tenant_id, stream_id, seq from outbox
  where tenant_id = :tenant_id and due_at <= :now and kind <> all(:kinds)
  order by due_at limit :most for update skip locked
)
delete from outbox o using unheard u
where o.tenant_id = :tenant_id and u.tenant_id = o.tenant_id and u.stream_id = o.stream_id and u.seq = o.seq
returning o.seq;

-- name: take_due
-- The next events of some kinds for their reactions; others skip them while this transaction lasts.
select tenant_id, stream_id, seq, kind from outbox
where tenant_id = :tenant_id and due_at <= :now and kind = any(:kinds)
order by due_at, stream_id, seq limit :most for update skip locked;

-- name: take_one
-- One event, unless somebody else has it.
select tenant_id, stream_id, seq, kind from outbox
where tenant_id = :tenant_id and stream_id = :stream_id and seq = :seq for update skip locked;

-- name: delivered!
-- Done, as arrays of equal length.
delete from outbox o using unnest(:stream_ids::uuid[], :seqs::bigint[]) as d (stream_id, seq)
where o.tenant_id = :tenant_id and o.stream_id = d.stream_id and o.seq = d.seq;

-- name: put_off!
-- A reaction failed: again later.
update outbox set attempts = attempts + 1, due_at = :now + least(300, 2 ^ least(attempts, 8)) * interval '1 second'
where tenant_id = :tenant_id and stream_id = :stream_id and seq = :seq;

-- name: count_try
-- More tries of a throttled act in its window; the count so far.
insert into rate_limit (tenant_id, bucket, window_at, tries) values (:tenant_id, :bucket, :window_at, :many)
on conflict (tenant_id, bucket, window_at) do update set tries = rate_limit.tries + excluded.tries returning tries;

-- name: uncount_try!
-- A try that was no failure does not count.
update rate_limit set tries = tries - 1
where tenant_id = :tenant_id and bucket = :bucket and window_at = :window_at and tries > 0;

-- name: tries
-- Tries so far in the window.
select coalesce(sum(tries), 0)::integer as tries from rate_limit
where tenant_id = :tenant_id and bucket = :bucket and window_at = :window_at;

-- name: forget_tries!
-- Tries of the window that count no more.
delete from rate_limit where tenant_id = :tenant_id and bucket = :bucket and window_at = :window_at;

-- name: drop_old_tries!
-- Windows long past.
delete from rate_limit where tenant_id = :tenant_id and window_at < :before;

-- name: ping
-- The database's own clock.
select clock_timestamp() as at;

-- name: answer_for
-- The answer already given to this key, and whether no other request holds the key just now.
select pg_try_advisory_xact_lock(hashtextextended(concat_ws('/', :tenant_id, :actor_id, :route::text, :held::text), 0)) as free,
  i.body_index, i.status, i.sealed, i.seal_key
from (select 1) as one left join idempotency i
  on i.tenant_id = :tenant_id and i.actor_id = :actor_id and i.route = :route and i.key_index = any(:key_indexes);

-- name: keep_answer!
-- The answer, in the transaction of what it answers.
insert into idempotency (tenant_id, actor_id, route, key_index, body_index, status, sealed, seal_key, created_at)
values (:tenant_id, :actor_id, :route, :key_index, :body_index, :status, :sealed, :seal_key, :created_at);

-- name: drop_old_answers!
-- Answers older than a day.
delete from idempotency where tenant_id = :tenant_id and created_at < :before;

-- name: own_role
-- What the application's own role may do beyond the rules for rows.
select r.rolsuper as superuser, r.rolbypassrls as bypasses,
  exists (select 1 from pg_class c where c.relname = 'event' and c.relowner = r.oid) as owns
from pg_roles r where r.rolname = session_user;
