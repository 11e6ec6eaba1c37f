-- name: add_subject!
-- A new subject; its key is outside.
insert into vault_subject (tenant_id, id, created_at) values (:tenant_id, :id, :created_at);

-- name: add_values!
-- Protected values of one subject, as arrays of equal length.
insert into vault_value (tenant_id, id, subject_id, ticket_id, kind, ciphertext, cipher, blind_index, index_key,
  created_at)
select :tenant_id, v.id, :subject_id, :ticket_id::uuid, v.kind, v.ciphertext, :cipher, v.blind_index, :index_key,
  :created_at
from unnest(:ids::uuid[], :kinds::text[], :ciphertexts::bytea[], :blind_indexes::bytea[])
  as v (id, kind, ciphertext, blind_index);

-- name: value
-- One protected value.
select id, subject_id, kind, ciphertext from vault_value where tenant_id = :tenant_id and id = :id;

-- name: lock_subject
-- A subject, so that nobody decides of it twice at once.
select id, shredded_at from vault_subject where tenant_id = :tenant_id and id = :id for update;

-- name: subject
-- A subject.
select id, shredded_at from vault_subject where tenant_id = :tenant_id and id = :id;

-- name: subjects_page
-- Subjects in the order of their ids, a page of them.
select id, shredded_at from vault_subject where tenant_id = :tenant_id and id > :after order by id limit :most;

-- name: subjects_among
-- Which of these have a row.
select id, shredded_at from vault_subject where tenant_id = :tenant_id and id = any(:ids);

-- name: subjects_marked
-- Subjects whose key was to be destroyed, a page of them.
select id, shredded_at from vault_subject
where tenant_id = :tenant_id and shredded_at is not null and id > :after order by id limit :most;

-- name: newest_subject
-- When the newest subject was made.
select max(created_at) as at from vault_subject where tenant_id = :tenant_id;

-- name: subjects_of
-- Subjects that an erasure took away.
select id, shredded_at from vault_subject where tenant_id = :tenant_id and erasure_id = :erasure_id order by id;

-- name: mark_subjects!
-- Their keys are to be destroyed.
update vault_subject set shredded_at = :at, erasure_id = :erasure_id
where tenant_id = :tenant_id and id = any(:subject_ids) and shredded_at is null;

-- name: drop_values!
-- What identifies a person: ciphertexts and what they are found by.
delete from vault_value where tenant_id = :tenant_id and subject_id = any(:subject_ids);

-- name: erasure_asked
-- Whether somebody asked for it already.
select 1 as asked from erasure where tenant_id = :tenant_id and subject_id = :subject_id and state = 'asked';

-- name: add_erasure!
-- An erasure that is asked for.
insert into erasure (tenant_id, id, subject_id, ground, state, asked_by, asked_at)
values (:tenant_id, :id, :subject_id, :ground, 'asked', :asked_by, :asked_at);

-- name: lock_erasure
-- One erasure, to be decided or finished.
select id, subject_id, ground, state, asked_by, asked_at, decided_by, decided_at, done_at, event
from erasure where tenant_id = :tenant_id and id = :id for update;

-- name: decide_erasure!
-- What came of it; the caller holds the row.
update erasure set state = :state, decided_by = :decided_by, decided_at = :decided_at, event = :event
where tenant_id = :tenant_id and id = :id and state = 'asked';

-- name: erasure_done!
-- Keys and bytes are destroyed.
update erasure set state = 'done', done_at = :at where tenant_id = :tenant_id and id = :id and state = 'approved';

-- name: erasures
-- What was asked for, newest first.
select id, subject_id, ground, state, asked_by, asked_at, decided_by, decided_at, done_at
from erasure where tenant_id = :tenant_id order by id desc limit :most;

-- name: erasure_of
-- The latest erasure that was asked for of a subject.
select id, subject_id, ground, state, asked_by, asked_at, decided_by, decided_at, done_at
from erasure where tenant_id = :tenant_id and subject_id = :subject_id order by id desc limit 1;

-- name: erasures_open
-- Approved, and not done.
select id from erasure where tenant_id = :tenant_id and state = 'approved' order by id;

-- name: released
-- Indexes of numbers that are masked no more.
select blind_index from released_hit where tenant_id = :tenant_id and withdrawn_at is null;

-- name: values
-- Protected values.
select id, subject_id, kind, ciphertext from vault_value where tenant_id = :tenant_id and id = any(:ids);
