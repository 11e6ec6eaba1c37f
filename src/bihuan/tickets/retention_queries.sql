-- name: case_type_kinds
-- The kind of every version of every case type.
select code, version, body::json ->> 'kind' as kind from case_type where tenant_id = :tenant_id;

-- name: closed_by_day
-- Closed tickets that still have their words, by class and by the day they were closed; how many of them are held.
select m.record_class, (t.closed_at at time zone 'Asia/Shanghai')::date as closed_on, count(*)::integer as count,
  count(*) filter (where exists (select from legal_hold h where h.tenant_id = :tenant_id and h.lifted_at is null
    and (h.until_at is null or h.until_at > :now)
    and (h.ticket_id in (t.id, t.merged_into) or h.subject_id in (t.customer_id, t.subject_id))))::integer as held
from unnest(:codes::text[], :versions::integer[], :classes::text[]) as m (code, version, record_class)
join ticket t on t.tenant_id = :tenant_id and t.case_type = m.code and t.case_type_version = m.version
where t.closed_at is not null and t.state in ('archived', 'withdrawn', 'rejected', 'merged')
  and octet_length(t.sealed) > 0
group by 1, 2 order by 1, 2;

-- name: due
-- What is over its time, by class: how many, of them held, the oldest and the newest closing. A merged ticket is kept as
-- long as the one that went on.
select m.record_class, count(*) filter (where not d.held)::integer as count,
  count(*) filter (where d.held)::integer as held,
  min(t.closed_at) filter (where not d.held) as oldest, max(t.closed_at) filter (where not d.held) as newest
from unnest(:codes::text[], :versions::integer[], :classes::text[], :befores::timestamptz[])
  as m (code, version, record_class, before_at)
join ticket t on t.tenant_id = :tenant_id and t.case_type = m.code and t.case_type_version = m.version
  and t.closed_at < m.before_at
left join ticket o on o.tenant_id = :tenant_id and o.id = t.merged_into
cross join lateral (select exists (select from legal_hold h where h.tenant_id = :tenant_id and h.lifted_at is null
    and (h.until_at is null or h.until_at > :now)
    and (h.ticket_id in (t.id, t.merged_into) or h.subject_id in (t.customer_id, t.subject_id))) as held) d
where t.state in ('archived', 'withdrawn', 'rejected', 'merged') and octet_length(t.sealed) > 0
  and (o.id is null or (o.closed_at < m.before_at and o.state in ('archived', 'withdrawn', 'rejected', 'merged')))
group by 1 order by 1;

-- name: next_due
-- The next tickets that are over their time and held by nothing, the oldest first; without those that could not be done.
select t.id
from unnest(:codes::text[], :versions::integer[], :befores::timestamptz[]) as m (code, version, before_at)
join ticket t on t.tenant_id = :tenant_id and t.case_type = m.code and t.case_type_version = m.version
  and t.closed_at < m.before_at
left join ticket o on o.tenant_id = :tenant_id and o.id = t.merged_into
where t.state in ('archived', 'withdrawn', 'rejected', 'merged') and octet_length(t.sealed) > 0
  and t.id <> all(:without::uuid[])
  and (o.id is null or (o.closed_at < m.before_at and o.state in ('archived', 'withdrawn', 'rejected', 'merged')))
  and not exists (select from legal_hold h where h.tenant_id = :tenant_id and h.lifted_at is null
    and (h.until_at is null or h.until_at > :now)
    and (h.ticket_id in (t.id, t.merged_into) or h.subject_id in (t.customer_id, t.subject_id)))
order by t.closed_at, t.id limit :most;

-- name: lock_expired
-- Of these tickets those that are closed and still have their words.
select id, number, customer_id, subject_id, sealed, case_type, case_type_version, state, priority, team_id, assignee_id,
  channel, external_id, tags, checklist, evidence, waiting_for, waiting_until, resumes_to, outcome,
  callback_result, merged_into, object_index, opened_at, changed_at, resolved_at, closed_at, transfers, reopenings,
  head_seq, public_seq
from ticket where tenant_id = :tenant_id and id = any(:ids) and octet_length(sealed) > 0
  and state in ('archived', 'withdrawn', 'rejected', 'merged')
order by id for update;

-- name: share_subjects
-- Whose these are: whoever places a hold on them waits.
select id from vault_subject where tenant_id = :tenant_id and id = any(:ids) order by id for share;

-- name: sealed_of
-- What is deleted of these tickets, by the digests their chains committed to.
select ticket_id, seq, encode(sha256(sealed), 'hex') as digest, false as file from message
where tenant_id = :tenant_id and ticket_id = any(:ids)
union all
select ticket_id, seq, encode(sha256, 'hex'), true from attachment where tenant_id = :tenant_id and ticket_id = any(:ids)
order by 1, 2, 4, 3;

-- name: empty_messages!
-- The words of tickets whose time is over.
update message set sealed = '' where tenant_id = :tenant_id and ticket_id = any(:ids);

-- name: empty_names!
-- The names of their files; of each its digest stays.
update attachment set sealed_sha256 = sha256(sealed), sealed = ''
where tenant_id = :tenant_id and ticket_id = any(:ids) and octet_length(sealed) > 0;

-- name: drop_values_of!
-- The protected values that stood in their words; what a customer is known by is theirs.
delete from vault_value v where v.tenant_id = :tenant_id and v.ticket_id = any(:ids)
  and not exists (select from customer_contact c where c.tenant_id = :tenant_id and c.value_id = v.id);

-- name: files_of_tickets
-- Their files, and what was made of them to be shown.
select id from attachment where tenant_id = :tenant_id and ticket_id = any(:ids)
union all
select copy_id from file_check where tenant_id = :tenant_id and ticket_id = any(:ids) and copy_id is not null;

-- name: kept_of
-- The first of these people's tickets that still has its words.
select number from ticket where tenant_id = :tenant_id
  and (customer_id = any(:subject_ids) or subject_id = any(:subject_ids)) and octet_length(sealed) > 0
order by id limit 1;

-- name: closed_of
-- The closed tickets of a person that still have their words.
select number, case_type, case_type_version, closed_at from ticket where tenant_id = :tenant_id
  and (customer_id = :subject_id or subject_id = :subject_id) and octet_length(sealed) > 0 and closed_at is not null;

-- name: persons_over
-- Subjects whose tickets all went, in the order of their ids; a customer only where nothing of them has changed since a day.
select s.id from vault_subject s left join customer c on c.tenant_id = s.tenant_id and c.id = s.id
where s.tenant_id = :tenant_id and s.id > :after and s.shredded_at is null
  and exists (select from ticket t where t.tenant_id = :tenant_id
    and (t.customer_id = s.id or t.subject_id = s.id) and octet_length(t.sealed) = 0)
  and not exists (select from ticket k where k.tenant_id = :tenant_id
    and (k.customer_id = s.id or k.subject_id = s.id)
    and (octet_length(k.sealed) > 0 or (c.id is not null and k.closed_at >= :before_at)))
  and (c.id is null or c.changed_at < :before_at)
  and not exists (select from customer_session p where p.tenant_id = :tenant_id and p.customer_id = s.id
    and p.ended_at is null and p.expires_at > :now)
order by s.id limit :most;

-- name: drop_old_drafts!
-- Drafts that were never sent.
delete from draft where tenant_id = :tenant_id and created_at < :before_at;

-- name: runs
-- Runs, newest first.
select id, state, as_of, cutoffs, counts, note, proposed_by, proposed_at, decided_by, decided_at, tickets, files, persons,
  failed, done_at
from retention_run where tenant_id = :tenant_id order by id desc limit :most;

-- name: lock_run
-- One run, to be decided or worked off.
select id, state, as_of, cutoffs, counts, note, proposed_by, proposed_at, decided_by, decided_at, tickets, files, persons,
  failed, done_at
from retention_run where tenant_id = :tenant_id and id = :id for update;

-- name: open_run
-- The run that is proposed or worked off, if there is one.
select id from retention_run where tenant_id = :tenant_id and state in ('proposed', 'approved');

-- name: approved_runs
-- Runs to be worked off.
select id from retention_run where tenant_id = :tenant_id and state = 'approved' order by id;

-- name: tenants_running
-- across tenants: which have a run to be worked off; the work runs tenant by tenant.
select distinct tenant_id from retention_run where state = 'approved';

-- name: add_run!
-- A run that is proposed.
insert into retention_run (tenant_id, id, state, as_of, cutoffs, counts, note, proposed_by, proposed_at)
values (:tenant_id, :id, 'proposed', :as_of, :cutoffs, :counts, '', :proposed_by, :proposed_at);

-- name: decide_run!
-- What came of it; the caller holds the row.
update retention_run set state = :state, note = :note, decided_by = :decided_by, decided_at = :decided_at
where tenant_id = :tenant_id and id = :id and state = 'proposed';

-- name: count_run
-- So many more; none where the run is not being worked off.
update retention_run set tickets = tickets + :tickets, files = files + :files, persons = persons + :persons
where tenant_id = :tenant_id and id = :id and state = 'approved' returning id;

-- name: end_run
-- It is worked off; none where somebody else has said so.
update retention_run set state = 'done', done_at = :at, failed = :failed
where tenant_id = :tenant_id and id = :id and state = 'approved'
returning id, state, as_of, cutoffs, counts, note, proposed_by, proposed_at, decided_by, decided_at, tickets, files,
  persons, failed, done_at;

-- name: numbers_of
-- The numbers of these tickets.
select id, number from ticket where tenant_id = :tenant_id and id = any(:ids) order by id;
