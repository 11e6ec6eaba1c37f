-- name: lock_head
-- The head of a stream, locked: who appends to it waits here.
select head_seq as seq, head_hash as hash from stream where tenant_id = :tenant_id and id = :stream_id for update;

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
-- The heads that changed, marked as sealed. Heads that a writer holds just now are left for the next second.
with due as (
  select tenant_id, id from stream where tenant_id = :tenant_id and sealed_seq < head_seq
  order by id limit :most for update skip locked
)
update stream s set sealed_seq = s.head_seq from due
where s.tenant_id = :tenant_id and due.tenant_id = s.tenant_id and s.id = due.id
returning s.id as stream_id, s.head_seq as seq, s.head_hash as hash;

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
