-- name: drop_ended_sessions!
-- Sessions that ended before a moment, signed out of or by themselves; what was done in them stands in chains of events.
delete from session s where s.tenant_id = :tenant_id and coalesce(s.ended_at, s.expires_at) < :before
  and not exists (select from sign_in_step p where p.tenant_id = :tenant_id and p.session_id = s.id);
