-- name: lock_head
-- The head of a stream, locked: who appends to it waits here.
select kind, head_seq as seq, head_hash as hash, head_mac as mac, mac_key
from stream where tenant_id = :tenant_id and id = :stream_id for update;

-- name: add_stream!
-- A new stream with its first head.
insert into stream (tenant_id, id, kind, head_seq, head_hash, head_mac, mac_key)
values (:tenant_id, :stream_id, :kind, :seq, :hash, :mac, :mac_key);

-- name: move_head!
-- The head one further on; the caller holds its lock, so it is there.
update stream set head_seq = :seq, head_hash = :hash, head_mac = :mac, mac_key = :mac_key
where tenant_id = :tenant_id and id = :stream_id;

-- name: add_event!
-- One event.
insert into event (tenant_id, stream_id, seq, body, hash, mac, mac_key)
values (:tenant_id, :stream_id, :seq, :body, :hash, :mac, :mac_key);

-- name: add_outbox!
-- The event, to be delivered to what reacts to it. A row can only be there where somebody set a stream back by hand:
-- verification will name it, and the desk must not stop for it.
insert into outbox (tenant_id, stream_id, seq, kind, due_at) values (:tenant_id, :stream_id, :seq, :kind, :due_at)
on conflict (tenant_id, stream_id, seq) do nothing;

-- name: events
-- Events of a stream from a number on, oldest first.
select seq, body from event
where tenant_id = :tenant_id and stream_id = :stream_id and seq > :after order by seq limit :most;

-- name: events_at
-- A stream's first event, those of these numbers, and those whose body holds a mark, oldest first.
select seq, body from event
where tenant_id = :tenant_id and stream_id = :stream_id
  and (seq = 1 or seq = any(:seqs) or strpos(body, :mark) > 0) order by seq;

-- name: head_and_seal
-- Where a stream stands and how much of it is sealed.
select s.head_seq, s.sealed_seq, max(l.seal_no) as seal_no
from stream s left join seal_leaf l on l.tenant_id = s.tenant_id and l.stream_id = s.id
where s.tenant_id = :tenant_id and s.id = :stream_id group by s.head_seq, s.sealed_seq;

-- name: tenants_to_seal
-- across tenants: which have heads not yet sealed; the sealing itself runs tenant by tenant.
select distinct tenant_id from stream where sealed_seq < head_seq;

-- name: sealer_lock
-- One sealer per tenant at a time; the next one finds nothing left to do.
select pg_try_advisory_xact_lock(hashtextextended('seal:' || :tenant_id::text, 0)) as locked;

-- name: last_seal
-- The newest seal.
select no, hash from seal where tenant_id = :tenant_id order by no desc limit 1;

-- name: take_unsealed
-- The heads that changed, held. Heads that a writer holds just now are left for the next second.
select id as stream_id, kind, head_seq as seq, head_hash as hash, head_mac as mac, mac_key
from stream where tenant_id = :tenant_id and sealed_seq < head_seq and id > :after
order by id limit :most for update skip locked;

-- name: mark_sealed!
-- These heads, which we hold, are sealed.
update stream set sealed_seq = head_seq where tenant_id = :tenant_id and id = any(:stream_ids::uuid[]);

-- name: add_seal!
-- One seal.
insert into seal (tenant_id, no, body, hash, signature, sign_key)
values (:tenant_id, :no, :body, :hash, :signature, :sign_key);

-- name: add_leaves!
-- The heads under a seal, as arrays of equal length.
insert into seal_leaf (tenant_id, seal_no, stream_id, seq, hash)
select :tenant_id, :no, l.stream_id, l.seq, l.hash
from unnest(:stream_ids::uuid[], :seqs::bigint[], :hashes::bytea[]) as l (stream_id, seq, hash);

-- name: changed_streams
-- Streams of a kind with events that a seal does not cover: under later seals, or not sealed yet.
select s.id from stream s where s.tenant_id = :tenant_id and s.kind = :kind and s.sealed_seq < s.head_seq
union
select l.stream_id from seal_leaf l join stream s on s.tenant_id = l.tenant_id and s.id = l.stream_id
where l.tenant_id = :tenant_id and l.seal_no > :no and s.kind = :kind
limit :most;

-- name: last_events
-- The newest events of each of several streams.
select e.stream_id, e.seq, e.body from unnest(:ids::uuid[]) as i (id) cross join lateral (
  select n.stream_id, n.seq, n.body from event n where n.tenant_id = :tenant_id and n.stream_id = i.id
  order by n.seq desc limit :most) as e;

-- name: seals_after
-- Seals that a roots.log lacks, oldest first.
select no, body, hash, signature, sign_key from seal
where tenant_id = :tenant_id and no > :no order by no limit :most;

-- name: all_tenants
-- across tenants: the command line verifies and seals every tenant.
select id from tenant order by code;

-- name: events_whole
-- Events of a stream as they are chained, a page of them; the MACs stay here.
select seq, body, hash from event
where tenant_id = :tenant_id and stream_id = :stream_id and seq > :after and seq <= :until order by seq limit :most;

-- name: stream_head
-- Where a stream stands and how far it is sealed.
select head_seq as head, sealed_seq as sealed from stream where tenant_id = :tenant_id and id = :stream_id;

-- name: seals_over
-- The newest seals a stream stands under, newest first, each with the head that was sealed.
select l.seal_no as no, l.seq, l.hash as head_hash, s.body, s.signature, s.sign_key
from seal_leaf l join seal s on s.tenant_id = l.tenant_id and s.no = l.seal_no
where l.tenant_id = :tenant_id and l.stream_id = :stream_id order by l.seal_no desc limit :most;

-- name: leaves_under
-- All heads under one seal, in the tree's order.
select stream_id, seq, hash from seal_leaf where tenant_id = :tenant_id and seal_no = :no order by stream_id;

-- name: stamp_from
-- The first time stamp at or after a seal.
select seal_no as no, token from seal_stamp where tenant_id = :tenant_id and seal_no >= :no order by seal_no limit 1;

-- name: stamps
-- Time stamps, oldest first, a page of them, each with what it was made over.
select t.seal_no as no, t.token, t.stamped_at, s.body from seal_stamp t
join seal s on s.tenant_id = t.tenant_id and s.no = t.seal_no
where t.tenant_id = :tenant_id and t.seal_no > :after order by t.seal_no limit :most;

-- name: last_stamp
-- The newest time stamp.
select seal_no as no, received_at from seal_stamp where tenant_id = :tenant_id order by seal_no desc limit 1;

-- name: newest_seal
-- The newest seal, whole.
select no, body, hash, signature, sign_key from seal where tenant_id = :tenant_id order by no desc limit 1;

-- name: add_stamp!
-- A time stamp that holds; another process may have been quicker.
insert into seal_stamp (tenant_id, seal_no, token, stamped_at, received_at)
values (:tenant_id, :no, :token, :stamped_at, :received_at) on conflict (tenant_id, seal_no) do nothing;

-- name: add_entry!
-- An event of a staff or configuration stream, in the register.
insert into audit_entry (tenant_id, id, stream_id, seq, stream, kind, at, actor_id, ticket_id, whom_id)
values (:tenant_id, :id, :stream_id, :seq, :stream, :kind, :happened_at, :actor_id, :ticket_id, :whom_id);

-- name: entries_with_events
-- Rows of the register with the bodies of their events, newest first.
select a.id, a.stream_id, a.seq, a.stream, a.kind, a.at, a.actor_id, a.ticket_id, a.whom_id, e.body
from audit_entry a join event e on e.tenant_id = a.tenant_id and e.stream_id = a.stream_id and e.seq = a.seq
where a.tenant_id = :tenant_id and a.id = any(:ids) order by a.id desc;

-- name: entry_proof
-- One event of the register as it is stored, with the hash before it and the first seal that covers it.
select e.body, e.hash, e.mac, e.mac_key, b.hash as before_hash, l.seal_no
from audit_entry a
join event e on e.tenant_id = a.tenant_id and e.stream_id = a.stream_id and e.seq = a.seq
left join event b on b.tenant_id = a.tenant_id and b.stream_id = a.stream_id and b.seq = a.seq - 1
left join lateral (select s.seal_no from seal_leaf s
  where s.tenant_id = :tenant_id and s.stream_id = a.stream_id and s.seq >= a.seq order by s.seq, s.seal_no limit 1) l on true
where a.tenant_id = :tenant_id and a.id = :id;

-- name: entry_kinds
-- Which kinds of events the register has.
with recursive found as (
  (select a.kind from audit_entry a where a.tenant_id = :tenant_id order by a.kind limit 1)
  union all
  select (select n.kind from audit_entry n where n.tenant_id = :tenant_id and n.kind > f.kind order by n.kind limit 1)
  from found f where f.kind is not null
)
select kind from found where kind is not null;

-- name: siem_lease
-- The right to tell the SIEM for a while; none where another worker has it.
insert into siem_cursor as c (tenant_id, target, stream_id, leased_until, lease_id)
values (:tenant_id, :target, :stream_id, :until_at, :lease_id)
on conflict (tenant_id, target) do update set leased_until = excluded.leased_until, lease_id = excluded.lease_id
where c.leased_until is null or c.leased_until < :now
returning seal_no, stream_id, seq;

-- name: siem_next
-- Events of staff and configuration streams under the seals behind the cursor, in the order of seals; per seal by stream.
select l.seal_no, s.kind as stream, e.stream_id, e.seq, e.body, e.hash
from seal_leaf l
join stream s on s.tenant_id = l.tenant_id and s.id = l.stream_id and s.kind in ('staff', 'config')
cross join lateral (select coalesce(max(p.seq), 0) as seq from seal_leaf p
  where p.tenant_id = :tenant_id and p.stream_id = l.stream_id and p.seq < l.seq) before
join event e on e.tenant_id = l.tenant_id and e.stream_id = l.stream_id and e.seq > before.seq and e.seq <= l.seq
where l.tenant_id = :tenant_id and l.seal_no between :first and :last
  and (l.seal_no, e.stream_id, e.seq) > (:first, :stream_id, :seq)
order by l.seal_no, e.stream_id, e.seq limit :most;

-- name: siem_took!
-- The cursor moved on, by whoever still has the lease.
update siem_cursor set seal_no = :seal_no, stream_id = :stream_id, seq = :seq, sent_at = coalesce(:sent_at, sent_at),
  failing_since = null, error = null, leased_until = null, lease_id = null
where tenant_id = :tenant_id and target = :target and lease_id = :lease_id;

-- name: siem_refused!
-- It was not taken; the cursor stays.
update siem_cursor set failing_since = coalesce(failing_since, :at), error = :error, leased_until = null, lease_id = null
where tenant_id = :tenant_id and target = :target and lease_id = :lease_id;

-- name: siem_state
-- How far the SIEM has been told, and how far there is to tell.
select c.seal_no, c.stream_id, c.sent_at, c.failing_since, c.error,
  (select max(n.no) from seal n where n.tenant_id = :tenant_id) as last_seal
from siem_cursor c where c.tenant_id = :tenant_id and c.target = :target;

-- name: tenant_code
-- The short name of this tenant.
select code from tenant where id = :tenant_id;
