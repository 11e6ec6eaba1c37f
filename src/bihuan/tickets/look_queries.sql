-- name: values_of_ticket
-- Protected values that are a ticket's: its own, its customer's, or in its fields.
select v.id, v.subject_id, v.kind from vault_value v
where v.tenant_id = :tenant_id and v.id = any(:ids) and (
  v.subject_id = :ticket_id or v.subject_id = any(:customer_ids) or v.id = any(:own_ids)
  or exists (select from customer_contact c
    where c.tenant_id = :tenant_id and c.customer_id = any(:customer_ids) and c.value_id = v.id));

-- name: looks_open
-- Values that somebody is being shown on a ticket just now.
select value_id, max(until) as until from look
where tenant_id = :tenant_id and staff_id = :staff_id and value_id = any(:value_ids) and ticket_id = :ticket_id
  and until > :now group by value_id;

-- name: add_look!
-- One look.
insert into look (tenant_id, staff_id, seq, kind, ticket_id, subject_id, value_id, at, until)
values (:tenant_id, :staff_id, :seq, :kind, :ticket_id, :subject_id, :value_id, :at, :until_at);

-- name: looks_since
-- How often somebody has looked, by kind, since a moment.
select count(*)::integer as count from look
where tenant_id = :tenant_id and staff_id = :staff_id and kind = :kind and at >= :since_at;

-- name: looks_lately
-- How often somebody has looked since a moment, and at how many different customers.
select count(*)::integer as looks, count(distinct subject_id)::integer as customers from look
where tenant_id = :tenant_id and staff_id = :staff_id and at > :since_at;

-- name: looks_by_hour
-- How often somebody looked in each hour in which they did.
select count(*)::integer as count from look
where tenant_id = :tenant_id and staff_id = :staff_id and at >= :since_at and at < :before
group by date_trunc('hour', at);

-- name: count_alarm
-- Something unusual once more in an hour; how often so far.
insert into look_alarm (tenant_id, staff_id, rule, window_at) values (:tenant_id, :staff_id, :rule, :window_at)
on conflict (tenant_id, staff_id, rule, window_at) do update set count = look_alarm.count + 1 returning count;

-- name: drop_old_alarms!
-- Counts of hours long past.
delete from look_alarm where tenant_id = :tenant_id and window_at < :before;

-- name: look_policy
-- The rules of looking that hold.
select version, body, changed_by, changed_at from look_policy
where tenant_id = :tenant_id order by version desc limit 1;

-- name: add_look_policy!
-- A version of the rules of looking.
insert into look_policy (tenant_id, version, body, changed_by, changed_at)
values (:tenant_id, :version, :body, :changed_by, :changed_at);
