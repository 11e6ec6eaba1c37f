-- name: families
-- All who are one person with each of these customers, the root first.
select a.id as asked_id, m.id
from customer a join customer m on m.tenant_id = a.tenant_id
  and (m.id = coalesce(a.root_id, a.id) or m.root_id = coalesce(a.root_id, a.id))
where a.tenant_id = :tenant_id and a.id = any(:ids)
order by a.id, m.root_id is not null, m.id;

-- name: hold_merging
-- Merges of a tenant are made one after the other: pointers never end in a ring.
select count(pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'merging', :tenant_id::text), 0))) as held;

-- name: to_merge
-- Customers to be merged or parted, locked in order of id.
select c.id, c.kind, c.uscc, c.merged_into, c.root_id, s.shredded_at is not null as erased
from customer c left join vault_subject s on s.tenant_id = c.tenant_id and s.id = c.id
where c.tenant_id = :tenant_id and c.id = any(:ids) order by c.id for no key update of c;

-- name: below
-- A customer and all whose pointers lead to it.
with recursive under as (
  select a.id from customer a where a.tenant_id = :tenant_id and a.id = :id
  union
  select c.id from customer c join under u on c.merged_into = u.id where c.tenant_id = :tenant_id
)
select id from under order by id;

-- name: point
-- A customer's pointer to another, or to nobody.
update customer set merged_into = :into_id, root_id = :root_id, changed_at = :at, version = version + 1
where tenant_id = :tenant_id and id = :id returning id;

-- name: reroot!
-- Under whom those are shown whose pointers lead to the same.
update customer set root_id = :root_id where tenant_id = :tenant_id and id = any(:ids) and merged_into is not null;

-- name: add_merge!
-- Two were found to be one person.
insert into customer_merge (tenant_id, id, customer_id, into_id, sealed, merged_by, merged_at)
values (:tenant_id, :id, :customer_id, :into_id, :sealed, :merged_by, :at);

-- name: undo_merge
-- It is taken back.
update customer_merge set undone_by = :undone_by, undone_at = :at
where tenant_id = :tenant_id and customer_id = :customer_id and undone_at is null
returning id, customer_id, into_id, merged_by, merged_at;

-- name: merges_of
-- The merges that stand among these customers, oldest first.
select g.id, g.customer_id, g.into_id, g.sealed, g.merged_by, g.merged_at, c.tier, c.language
from customer_merge g join customer c on c.tenant_id = g.tenant_id and c.id = g.customer_id
where g.tenant_id = :tenant_id and g.customer_id = any(:ids) and g.undone_at is null order by g.id;

-- name: conflicts
-- What two persons each have of their own: sessions that are alive, a tier, and wishes how to be told.
select c.id, c.tier, c.language,
  exists (select from customer_session s
    where s.tenant_id = c.tenant_id and s.customer_id = c.id and s.ended_at is null and s.expires_at > :now) as at_portal,
  exists (select from customer_preference p where p.tenant_id = c.tenant_id and p.customer_id = c.id) as wishes
from customer c where c.tenant_id = :tenant_id and c.id = any(:ids);

-- name: same_values
-- Customers who are known or reached by one of these values, and are none of these customers.
select distinct c.customer_id as id, coalesce(k.root_id, k.id) as root_id, c.kind, v.blind_index
from vault_value v
join customer_contact c on c.tenant_id = v.tenant_id and c.value_id = v.id
join customer k on k.tenant_id = c.tenant_id and k.id = c.customer_id
where v.tenant_id = :tenant_id and v.blind_index = any(:indexes) and c.ended_at is null and c.contact_no = 0
  and c.kind = any(:kinds) and c.customer_id <> all(:ids)
order by 2, 1;
