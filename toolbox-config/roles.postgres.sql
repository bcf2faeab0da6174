-- The role that the toolbox uses in PostgreSQL: it can only read, whatever SQL reaches the server.
-- Run it as the owner of the database, who needs CREATEROLE but need not be a superuser (RDS has none), with your own schema in the
-- place of "shop", then give the role its password:
--   ALTER ROLE toolbox_ro PASSWORD '...';
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'toolbox_ro') THEN
    CREATE ROLE toolbox_ro LOGIN;
  END IF;
  -- A new role has none of these. Only a superuser could take them away: not even NOSUPERUSER is allowed to anybody else.
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'toolbox_ro' AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN
    RAISE EXCEPTION 'toolbox_ro was there already and may do more than read: drop it, or take those rights away';
  END IF;
END $$;
-- A session can switch these off again, so they only help against mistakes; the grants below are what holds.
ALTER ROLE toolbox_ro SET default_transaction_read_only = on;
ALTER ROLE toolbox_ro SET statement_timeout = '5s';
ALTER ROLE toolbox_ro SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE toolbox_ro SET search_path = shop;
-- At least 8 (pool_max_conns) for each toolbox that runs, twice that while a deployment replaces them.
ALTER ROLE toolbox_ro CONNECTION LIMIT 100;

-- By default everybody may create temporary tables in a database and, before PostgreSQL 15, tables in "public".
REVOKE ALL ON SCHEMA public FROM PUBLIC;
DO $$ BEGIN
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO toolbox_ro', current_database());
END $$;
GRANT USAGE ON SCHEMA shop TO toolbox_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO toolbox_ro;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO toolbox_ro;
