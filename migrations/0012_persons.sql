-- One person known as two customers: a pointer from one to the other and back; and what a person asks to be told of
-- themselves (PIPL article 45).
-- Expands only: a release before this one goes on running beside it, and takes merged customers for two.

alter table customer add column merged_into uuid check (merged_into <> id),
  add column root_id uuid check (root_id <> id),
  add constraint customer_merged check ((merged_into is null) = (root_id is null)),
  add foreign key (tenant_id, merged_into) references customer (tenant_id, id),
  add foreign key (tenant_id, root_id) references customer (tenant_id, id);
create index customer_root on customer (tenant_id, root_id) where root_id is not null;
create index customer_into on customer (tenant_id, merged_into) where merged_into is not null;
comment on column customer.merged_into is 'The customer this one was found to be the same person as; null: nobody. Nothing else of either is changed by it.';
comment on column customer.root_id is 'Where the pointers end: under whom the person is shown; null: under this one.';

create table customer_merge (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  into_id uuid not null check (into_id <> customer_id),
  sealed bytea not null,
  merged_by uuid not null,
  merged_at timestamptz not null,
  undone_by uuid,
  undone_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer (tenant_id, id),
  foreign key (tenant_id, into_id) references customer (tenant_id, id)
);
create unique index customer_merge_standing on customer_merge (tenant_id, customer_id) where undone_at is null;
comment on table customer_merge is 'Which customers were found to be one person, and whether it was taken back.';
comment on column customer_merge.tenant_id is 'Tenant.';
comment on column customer_merge.id is 'Key.';
comment on column customer_merge.customer_id is 'Who was merged.';
comment on column customer_merge.into_id is 'Into whom.';
comment on column customer_merge.sealed is 'Sealed by the key of who was merged: the reason.';
comment on column customer_merge.merged_by is 'Who did it.';
comment on column customer_merge.merged_at is 'When.';
comment on column customer_merge.undone_by is 'Who took it back.';
comment on column customer_merge.undone_at is 'When; null: it stands.';

create table access_request (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  asked_as text not null check (asked_as in ('staff', 'customer')),
  asked_by uuid not null,
  asked_at timestamptz not null,
  state text not null check (state in ('asked', 'released', 'ready', 'refused', 'expired', 'revoked')),
  refusal text,
  decided_by uuid,
  decided_at timestamptz,
  made_at timestamptz,
  expires_at timestamptz,
  subject_id uuid,
  file_id uuid,
  file_sha256 bytea,
  file_bytes bigint,
  fetched_by uuid,
  fetched_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer (tenant_id, id),
  check ((state = 'refused') = (refusal is not null)),
  check (asked_as = 'customer' or decided_by is null or decided_by <> asked_by)
);
create unique index access_request_pending on access_request (tenant_id, customer_id) where state in ('asked', 'released');
create index access_request_customer on access_request (tenant_id, customer_id, id);
create index access_request_ready on access_request (tenant_id, expires_at) where state = 'ready';
create unique index access_request_file on access_request (tenant_id, file_id) where file_id is not null;
comment on table access_request is 'Somebody wants to be told what we hold of them: released or refused by a second person, made into a file by the worker.';
comment on column access_request.tenant_id is 'Tenant.';
comment on column access_request.id is 'Key.';
comment on column access_request.customer_id is 'Who is to be told.';
comment on column access_request.asked_as is 'staff: a colleague on their behalf; customer: they themselves at the portal.';
comment on column access_request.asked_by is 'Colleague or customer.';
comment on column access_request.asked_at is 'When.';
comment on column access_request.state is 'asked; released: to be made; ready: to be fetched; refused; expired: the file is gone; revoked: erased, or no longer one person.';
comment on column access_request.refusal is 'Code of the reason of a refusal.';
comment on column access_request.decided_by is 'Who released or refused: never the colleague who asked.';
comment on column access_request.decided_at is 'When.';
comment on column access_request.made_at is 'When the file was made.';
comment on column access_request.expires_at is 'When the file goes.';
comment on column access_request.subject_id is 'Whose key the file is encrypted by.';
comment on column access_request.file_id is 'Name of the file on disk.';
comment on column access_request.file_sha256 is 'SHA-256 of the file in clear.';
comment on column access_request.file_bytes is 'Its size in clear, bytes.';
comment on column access_request.fetched_by is 'Colleague who fetched it for the person, once.';
comment on column access_request.fetched_at is 'When.';

do $$
declare
  name text;
begin
  foreach name in array array['customer_merge', 'access_request'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;
grant select, insert, update on customer_merge, access_request to bihuan_app;
