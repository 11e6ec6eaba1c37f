-- The desk's roles and what they may do in the database they are created for. Run it connected to that database, as a
-- superuser or as a DBA with CREATEROLE who owns the database; as often as you like. PostgreSQL 16 or later.
--
-- The embedded server runs it at every start. On a server of your own:
--   create database bihuan template template0 encoding 'UTF8';
--   then this file in bihuan, then passwords or certificates for the two roles that sign in (bihuan_owner, bihuan_app).
--
--   bihuan_owner  owns the database and its schema; signs in for `bihuan db migrate` only
--   bihuan_app    what the desk runs as; owns nothing
--   bihuan_sweep  may see which tenants have due rows; bihuan_app steps into it for that, never by itself

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values ('bihuan_owner', true), ('bihuan_app', true), ('bihuan_sweep', false)) as t (name, login)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
            execute format('create role %I nosuperuser nobypassrls nocreaterole nocreatedb noreplication', wanted.name);
        end if;
        -- Only where it differs: a DBA who is no superuser may not even say NOSUPERUSER.
        if exists (
            select from pg_catalog.pg_roles
            where rolname = wanted.name
              and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
        ) then
            execute format('alter role %I nosuperuser nobypassrls nocreaterole nocreatedb noreplication', wanted.name);
        end if;
        if exists (
            select from pg_catalog.pg_roles where rolname = wanted.name and rolcanlogin <> wanted.login
        ) then
            execute format('alter role %I %s', wanted.name, case when wanted.login then 'login' else 'nologin' end);
        end if;
    end loop;
end
$$;

grant bihuan_sweep to bihuan_app with inherit false, set true;

do $$
begin
    -- A DBA who is no superuser needs the right to become the owner before handing the database over.
    if not pg_catalog.pg_has_role(current_user, 'bihuan_owner', 'SET') then
        execute format('grant bihuan_owner to %I with inherit false, set true', current_user);
    end if;
    if (select nspowner from pg_catalog.pg_namespace where nspname = 'public') <> 'bihuan_owner'::regrole then
        alter schema public owner to bihuan_owner;
    end if;
    if (select datdba from pg_catalog.pg_database where datname = current_database()) <> 'bihuan_owner'::regrole then
        execute format('alter database %I owner to bihuan_owner', current_database());
    end if;
end
$$;

set role bihuan_owner;

do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to bihuan_app', current_database());
end
$$;

revoke create on schema public from public;
grant usage on schema public to bihuan_app, bihuan_sweep;

reset role;

comment on role bihuan_owner is 'Bihuan: owns the database and its schema; signs in to migrate only';
comment on role bihuan_app is 'Bihuan: what the desk runs as; owns nothing';
comment on role bihuan_sweep is 'Bihuan: sees which tenants have due rows; stepped into by bihuan_app';
