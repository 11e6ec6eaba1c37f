-- name: current
-- The case types that new tickets get: the institution's own layer before the shipped one.
select distinct on (code) code, version, layer, digest, body from case_type
where tenant_id = :tenant_id and current order by code, layer;

-- name: version
-- One version, as a ticket keeps it.
select code, version, layer, digest, body from case_type
where tenant_id = :tenant_id and code = :code and version = :version;

-- name: loadings
-- How often packs were loaded: every loading adds a version and none is ever taken away.
select count(*) as loadings from case_type where tenant_id = :tenant_id;

-- name: layer_current
-- What a layer holds just now, locked.
select code, version, layer, digest, body from case_type
where tenant_id = :tenant_id and layer = :layer and current for update;

-- name: next_version
-- The number of a code's next version.
select coalesce(max(version), 0) + 1 as next from case_type where tenant_id = :tenant_id and code = :code;

-- name: no_longer_current!
-- The layer's former version stays for the tickets that have it.
update case_type set current = false
where tenant_id = :tenant_id and code = :code and layer = :layer and current;

-- name: add!
-- A new version.
insert into case_type (tenant_id, code, version, layer, digest, body, current, loaded_at)
values (:tenant_id, :code, :version, :layer, :digest, :body, true, :loaded_at);
