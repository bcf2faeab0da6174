-- The login that mine.mssql.yaml's tools use in SQL Server: it sees the rows of the customer that a statement names in its session's context, and none
-- before it names one. The driver resets the session before another call gets it, which clears the context, and every statement sets its own. Run it as
-- the owner, with a password of your own, after roles.mssql.sql.
IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'toolbox_mine')
  CREATE USER toolbox_mine WITHOUT LOGIN; -- or: FOR LOGIN toolbox_mine
GRANT SELECT ON shop.orders TO toolbox_mine;
GRANT SELECT ON shop.shipments TO toolbox_mine;
GO
CREATE OR ALTER FUNCTION shop.mine(@customer_id int) RETURNS TABLE WITH SCHEMABINDING AS
  RETURN SELECT 1 AS seen
  WHERE USER_NAME() <> N'toolbox_mine' OR @customer_id = CAST(SESSION_CONTEXT(N'customer_id') AS int);
GO
CREATE OR ALTER FUNCTION shop.mine_by_order(@order_id int) RETURNS TABLE WITH SCHEMABINDING AS
  RETURN SELECT 1 AS seen
  WHERE USER_NAME() <> N'toolbox_mine' OR EXISTS (
    SELECT 1 FROM shop.orders o WHERE o.order_id = @order_id AND o.customer_id = CAST(SESSION_CONTEXT(N'customer_id') AS int));
GO
IF NOT EXISTS (SELECT 1 FROM sys.security_policies WHERE name = N'mine_only')
  CREATE SECURITY POLICY shop.mine_only
    ADD FILTER PREDICATE shop.mine(customer_id) ON shop.orders,
    ADD FILTER PREDICATE shop.mine_by_order(order_id) ON shop.shipments
    WITH (STATE = ON);
