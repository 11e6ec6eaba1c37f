-- Time stamps of seals: what an outside authority (RFC 3161) says of a root, so that not even the desk can date it back.
-- Expands only: a release before this one goes on running beside it.

create table seal_stamp (
  tenant_id uuid not null,
  seal_no bigint not null,
  token bytea not null,
  stamped_at timestamptz not null,
  received_at timestamptz not null,
  primary key (tenant_id, seal_no),
  foreign key (tenant_id, seal_no) references seal (tenant_id, no)
);
comment on table seal_stamp is 'Time stamps of seals by an outside authority; a stamped seal dates every seal before it too.';
comment on column seal_stamp.tenant_id is 'Tenant.';
comment on column seal_stamp.seal_no is 'The seal.';
comment on column seal_stamp.token is 'TimeStampToken (RFC 3161, DER) over the SHA-256 of the seal''s body, with the authority''s certificates.';
comment on column seal_stamp.stamped_at is 'The authority''s time (genTime).';
comment on column seal_stamp.received_at is 'When it was received and verified.';

alter table seal_stamp enable row level security;
create policy one_tenant on seal_stamp to bihuan_app
  using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
grant select, insert on seal_stamp to bihuan_app;
