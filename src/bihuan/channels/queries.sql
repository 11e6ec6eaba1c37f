-- name: inbound_sources
-- The systems that may send to the webhook.
select code, name, case_type, active, changed_by, changed_at from inbound_source
where tenant_id = :tenant_id order by code;

-- name: inbound_source
-- One of them, with its secret.
select secret, secret_key, case_type, active from inbound_source where tenant_id = :tenant_id and code = :code;

-- name: put_inbound_source!
-- Set one up, or change it.
insert into inbound_source (tenant_id, code, name, secret, secret_key, case_type, active, changed_by, changed_at)
values (:tenant_id, :code, :name, :secret, :secret_key, :case_type, :active, :changed_by, :changed_at)
on conflict (tenant_id, code) do update set name = excluded.name, secret = excluded.secret,
  secret_key = excluded.secret_key, case_type = excluded.case_type, active = excluded.active,
  changed_by = excluded.changed_by, changed_at = excluded.changed_at;

-- name: drop_inbound_source
-- Take one away.
delete from inbound_source where tenant_id = :tenant_id and code = :code returning code;

-- name: see_inbound
-- A signature, unless it was seen before.
insert into inbound_seen (tenant_id, source, signature, seen_at)
values (:tenant_id, :source, :signature, :seen_at)
on conflict (tenant_id, source, signature) do nothing returning source;

-- name: drop_inbound_seen!
-- Signatures whose time is over.
delete from inbound_seen where tenant_id = :tenant_id and seen_at < :before;
