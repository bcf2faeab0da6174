-- The login that the toolbox uses in SQL Server: it can only read, whatever SQL reaches the server.
-- Run it in the database, with your own schema in the place of "shop" and a generated password without single quotes.
CREATE LOGIN toolbox_ro WITH PASSWORD = '...';
CREATE USER toolbox_ro FOR LOGIN toolbox_ro WITH DEFAULT_SCHEMA = shop;
GRANT SELECT ON SCHEMA::shop TO toolbox_ro;
