-- name: subject_key
-- The wrapped key of a subject.
select id, wrapped_key, wrap_key from vault_subject where tenant_id = :tenant_id and id = :subject_id;

-- name: add_subject!
-- A new subject with a key of its own; one who came first keeps theirs.
insert into vault_subject (tenant_id, id, wrapped_key, wrap_key, created_at)
values (:tenant_id, :id, :wrapped_key, :wrap_key, :created_at);

-- name: add_values!
-- Protected values of one subject, as arrays of equal length.
insert into vault_value (tenant_id, id, subject_id, kind, mask, ciphertext, cipher, blind_index, index_key, created_at)
select :tenant_id, v.id, :subject_id, v.kind, v.mask, v.ciphertext, :cipher, v.blind_index, :index_key, :created_at
from unnest(:ids::uuid[], :kinds::text[], :masks::text[], :ciphertexts::bytea[], :blind_indexes::bytea[])
  as v (id, kind, mask, ciphertext, blind_index);

-- name: value
-- One protected value with the key of its subject.
select v.id, v.subject_id, v.kind, v.mask, v.ciphertext, s.wrapped_key, s.wrap_key
from vault_value v join vault_subject s on s.tenant_id = v.tenant_id and s.id = v.subject_id
where v.tenant_id = :tenant_id and v.id = :id;
