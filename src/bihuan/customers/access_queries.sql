-- name: lock_person
-- A customer, so that one asks after the other.
select s.shredded_at is not null as erased
from customer c left join vault_subject s on s.tenant_id = c.tenant_id and s.id = c.id
where c.tenant_id = :tenant_id and c.id = :id for no key update of c;

-- name: add_access!
-- Somebody wants to be told what we hold of them.
insert into access_request (tenant_id, id, customer_id, asked_as, asked_by, asked_at, state)
values (:tenant_id, :id, :customer_id, :asked_as, :asked_by, :at, 'asked');

-- name: access_pending
-- Whether a request of these customers is being dealt with.
select count(*)::integer as count from access_request
where tenant_id = :tenant_id and customer_id = any(:customer_ids) and state in ('asked', 'released');

-- name: access_requests
-- Requests, newest first; of one state if given.
select id, customer_id, asked_as, asked_by, asked_at, state, refusal, decided_by, decided_at, made_at, expires_at,
  file_bytes, fetched_by, fetched_at
from access_request where tenant_id = :tenant_id and (:state::text is null or state = :state)
order by id desc limit :most;

-- name: access_of
-- Requests of these customers, newest first.
select id, customer_id, asked_as, asked_by, asked_at, state, refusal, decided_by, decided_at, made_at, expires_at,
  file_bytes, fetched_by, fetched_at
from access_request where tenant_id = :tenant_id and customer_id = any(:customer_ids) order by id desc limit :most;

-- name: lock_access
-- One request, to be decided, made or fetched.
select id, customer_id, asked_as, asked_by, asked_at, state, refusal, decided_by, decided_at, made_at, expires_at,
  file_bytes, fetched_by, fetched_at, subject_id, file_id, file_sha256
from access_request where tenant_id = :tenant_id and id = :id for update;

-- name: decide_access!
-- What came of it; the caller holds the row.
update access_request set state = :state, refusal = :refusal, decided_by = :decided_by, decided_at = :at
where tenant_id = :tenant_id and id = :id;

-- name: access_made!
-- The file is there; the caller holds the row.
update access_request set state = 'ready', made_at = :at, expires_at = :expires_at, subject_id = :subject_id,
  file_id = :file_id, file_sha256 = :file_sha256, file_bytes = :file_bytes
where tenant_id = :tenant_id and id = :id;

-- name: access_fetched!
-- A colleague has fetched it for the person; the caller holds the row.
update access_request set fetched_by = :fetched_by, fetched_at = :at where tenant_id = :tenant_id and id = :id;

-- name: access_expired
-- Files whose time is over.
update access_request set state = 'expired' where tenant_id = :tenant_id and state = 'ready' and expires_at <= :now
returning file_id;

-- name: revoke_access
-- Requests that no longer hold: of who was erased, or what was made of two persons as one since a moment.
update access_request set state = 'revoked'
where tenant_id = :tenant_id and customer_id = any(:customer_ids) and state in ('asked', 'released', 'ready')
  and (:since_at::timestamptz is null or coalesce(made_at, :since_at) >= :since_at)
returning id;

-- name: access_files
-- Which of these files may be fetched.
select file_id as id from access_request
where tenant_id = :tenant_id and file_id = any(:ids) and state = 'ready';

-- name: access_files_of
-- The files of these subjects, whatever their state.
select file_id as id from access_request
where tenant_id = :tenant_id and (customer_id = any(:ids) or subject_id = any(:ids)) and file_id is not null;
