-- The role that mine.yaml's tools use in PostgreSQL: it sees the rows of the customer that a statement names, and none before it names one. Run it
-- after roles.postgres.sql, as the owner of the tables, then give the role its password:
--   ALTER ROLE toolbox_mine PASSWORD '...';
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'toolbox_mine') THEN
    CREATE ROLE toolbox_mine LOGIN;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'toolbox_mine' AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN
    RAISE EXCEPTION 'toolbox_mine was there already and may do more than read: drop it, or take those rights away';
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO toolbox_mine', current_database());
END $$;
ALTER ROLE toolbox_mine SET default_transaction_read_only = on;
ALTER ROLE toolbox_mine SET statement_timeout = '5s';
ALTER ROLE toolbox_mine SET search_path = shop;
ALTER ROLE toolbox_mine CONNECTION LIMIT 100;
GRANT USAGE ON SCHEMA shop TO toolbox_mine;
GRANT SELECT ON shop.orders, shop.shipments TO toolbox_mine;

-- Whoever the statement is for. Nobody, if it does not say: then there is no row.
CREATE OR REPLACE FUNCTION shop.current_customer() RETURNS integer LANGUAGE sql STABLE AS
  $$ SELECT nullif(current_setting('app.customer_id', true), '')::integer $$;

ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.shipments ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS everybody ON shop.orders;
DROP POLICY IF EXISTS everybody ON shop.shipments;
DROP POLICY IF EXISTS mine ON shop.orders;
DROP POLICY IF EXISTS mine ON shop.shipments;
-- Every other role goes by its grants, as before. Of two policies for one role the more generous one counts.
CREATE POLICY everybody ON shop.orders USING (current_user <> 'toolbox_mine');
CREATE POLICY everybody ON shop.shipments USING (current_user <> 'toolbox_mine');
CREATE POLICY mine ON shop.orders FOR SELECT TO toolbox_mine USING (customer_id = shop.current_customer());
CREATE POLICY mine ON shop.shipments FOR SELECT TO toolbox_mine
  USING (EXISTS (SELECT FROM shop.orders o WHERE o.order_id = shipments.order_id));

-- The name holds until the end of the transaction, which is that of the statement (true): a SET would hold for whoever gets the connection next.
-- In a function, since a SELECT does not say which of its parts runs first.
CREATE OR REPLACE FUNCTION shop.orders_of(me integer)
  RETURNS SETOF shop.orders LANGUAGE plpgsql VOLATILE AS $$ BEGIN
    PERFORM set_config('app.customer_id', me::text, true);
    RETURN QUERY SELECT * FROM shop.orders;
  END $$;
CREATE OR REPLACE FUNCTION shop.shipments_of(me integer)
  RETURNS TABLE (shipment_id integer, customer_id integer, order_id integer, carrier text, tracking_no text,
                 shipped_on date, promised_on date, delivered_on date) LANGUAGE plpgsql VOLATILE AS $$ BEGIN
    PERFORM set_config('app.customer_id', me::text, true);
    RETURN QUERY SELECT s.shipment_id, o.customer_id, s.order_id, s.carrier, s.tracking_no, s.shipped_on, s.promised_on, s.delivered_on
      FROM shop.shipments s JOIN shop.orders o ON o.order_id = s.order_id;
  END $$;
REVOKE ALL ON FUNCTION shop.orders_of(integer), shop.shipments_of(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shop.orders_of(integer), shop.shipments_of(integer) TO toolbox_mine;
