-- name: add_attachment!
-- A file.
insert into attachment (tenant_id, id, ticket_id, seq, sealed, content_type, size_bytes, sha256, subject_id,
  cipher, hidden)
values (:tenant_id, :id, :ticket_id, :seq, :sealed, :content_type, :size_bytes, :sha256, :subject_id,
  :cipher, :hidden);

-- name: attachments
-- The files of a ticket, and what became of each.
select a.id, a.seq, a.sealed, a.content_type, a.size_bytes, a.subject_id, a.hidden, c.state, c.reason, c.signature,
  c.findings, c.left_out, c.copy_id, c.copy_type, c.copy_bytes, c.destroyed_at is not null as gone
from attachment a join file_check c on c.tenant_id = a.tenant_id and c.attachment_id = a.id
where a.tenant_id = :tenant_id and a.ticket_id = :ticket_id order by a.seq, a.id;

-- name: attachment_sizes
-- How much a ticket holds.
select coalesce(sum(size_bytes), 0)::bigint as bytes from attachment
where tenant_id = :tenant_id and ticket_id = :ticket_id;

-- name: customer_size
-- How much the tickets of a customer hold, by any of the customers they are.
select coalesce(sum(a.size_bytes), 0)::bigint as bytes
from ticket t join attachment a on a.tenant_id = t.tenant_id and a.ticket_id = t.id
where t.tenant_id = :tenant_id and t.customer_id = any(:customer_ids);

-- name: tenant_size
-- How much the tenant holds.
select coalesce(sum(size_bytes), 0)::bigint as bytes from attachment where tenant_id = :tenant_id;

-- name: add_file_check!
-- A file is to be checked.
insert into file_check (tenant_id, attachment_id, ticket_id, state, due_at)
values (:tenant_id, :attachment_id, :ticket_id, 'checking', :due_at);

-- name: tenants_checking
-- across tenants: which have files to be checked; the work runs tenant by tenant.
select distinct tenant_id from file_check where state in ('checking', 'quarantined') and due_at <= :now;

-- name: take_file
-- The file that has waited longest, for as long as a check may last.
update file_check c set attempts = c.attempts + 1, taken_at = :now, due_at = :lease
from attachment a
where c.tenant_id = :tenant_id and a.tenant_id = c.tenant_id and a.id = c.attachment_id and c.attachment_id = (
  select f.attachment_id from file_check f
  where f.tenant_id = :tenant_id and f.state in ('checking', 'quarantined') and f.due_at <= :now
  order by f.due_at, f.attachment_id limit 1 for update skip locked)
returning c.attachment_id, c.ticket_id, c.attempts, a.content_type, a.subject_id, a.hidden,
  c.released_by is not null as released;

-- name: quarantine_file!
-- Nobody could say whether it is malware: asked again later.
update file_check set state = 'quarantined', reason = :reason, due_at = :due_at, attempts = 0
where tenant_id = :tenant_id and attachment_id = :attachment_id and state in ('checking', 'quarantined');

-- name: settle_file
-- What became of a file; none where somebody else has settled it.
update file_check set state = :state, reason = :reason, signature = :signature, findings = :findings,
  left_out = :left_out, copy_id = :copy_id, copy_type = :copy_type, copy_bytes = :copy_bytes,
  copy_sha256 = :copy_sha256, scanned_at = coalesce(:scanned_at::timestamptz, scanned_at), settled_at = :settled_at,
  destroyed_at = :destroyed_at, seq = :seq
where tenant_id = :tenant_id and attachment_id = :attachment_id and state in ('checking', 'quarantined')
returning attachment_id;

-- name: file_of_copy
-- The file a copy was made of; none where no row knows the copy.
select attachment_id from file_check where tenant_id = :tenant_id and copy_id = :copy_id;

-- name: contact_of_index
-- Whether some customer is known by a value.
select true as known from vault_value v join customer_contact c on c.tenant_id = v.tenant_id and c.value_id = v.id
where v.tenant_id = :tenant_id and v.blind_index = any(:indexes) and c.ended_at is null limit 1;

-- name: released_hit_of
-- The release of a number, if there is one.
select id, kind, mask, ticket_id, released_by, released_at from released_hit
where tenant_id = :tenant_id and blind_index = any(:indexes) and withdrawn_at is null limit 1;

-- name: add_released_hit!
-- A number is masked no more.
insert into released_hit (tenant_id, id, kind, blind_index, index_key, mask, ticket_id, value_id, released_by,
  released_at)
values (:tenant_id, :id, :kind, :blind_index, :index_key, :mask, :ticket_id, :value_id, :released_by, :released_at);

-- name: released_hits
-- Numbers that are masked no more, newest first.
select id, kind, mask, ticket_id, released_by, released_at from released_hit
where tenant_id = :tenant_id and withdrawn_at is null order by released_at desc, id desc limit :most;

-- name: withdraw_released_hit
-- A number is masked again.
update released_hit set withdrawn_by = :withdrawn_by, withdrawn_at = :withdrawn_at
where tenant_id = :tenant_id and id = :id and withdrawn_at is null
returning id, kind, mask, ticket_id, released_by, released_at;

-- name: release_file
-- Malware by mistake: to be checked once more, not to be scanned again.
update file_check set state = 'checking', reason = null, signature = null, due_at = :now, attempts = 0,
  settled_at = null, seq = null, released_by = :released_by
where tenant_id = :tenant_id and attachment_id = :attachment_id and ticket_id = :ticket_id and state = 'infected'
  and destroyed_at is null
returning attachment_id;
