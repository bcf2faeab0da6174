-- Northwind-style small business: "Fjord Supply Co." (no random(); only the days depend on the day).
-- The orders are of the year that ends yesterday, whenever this is run.
BEGIN;
DROP SCHEMA IF EXISTS shop CASCADE;
CREATE SCHEMA shop;
SET LOCAL search_path = shop;

CREATE TABLE customers (
  customer_id  integer PRIMARY KEY,
  name         text NOT NULL,
  email        text NOT NULL UNIQUE,
  segment      text NOT NULL CHECK (segment IN ('consumer','small_business','enterprise')),
  country      char(2) NOT NULL,
  city         text NOT NULL,
  created_on   date NOT NULL
);
CREATE TABLE products (
  product_id    integer PRIMARY KEY,
  sku           text NOT NULL UNIQUE,
  name          text NOT NULL,
  category      text NOT NULL CHECK (category IN ('Camping','Climbing','Cycling','Footwear','Water','Winter')),
  unit_price    numeric(10,2) NOT NULL CHECK (unit_price > 0),
  stock_qty     integer NOT NULL CHECK (stock_qty >= 0),
  reorder_level integer NOT NULL,
  active        boolean NOT NULL DEFAULT true
);
CREATE TABLE orders (
  order_id    integer PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customers,
  order_date  date NOT NULL,
  status      text NOT NULL CHECK (status IN ('pending','paid','shipped','delivered','cancelled','returned')),
  channel     text NOT NULL CHECK (channel IN ('web','store','phone'))
);
CREATE TABLE order_items (
  order_id   integer NOT NULL REFERENCES orders,
  line_no    integer NOT NULL,
  product_id integer NOT NULL REFERENCES products,
  quantity   integer NOT NULL CHECK (quantity > 0),
  unit_price numeric(10,2) NOT NULL,
  PRIMARY KEY (order_id, line_no)
);
CREATE TABLE shipments (
  shipment_id  integer PRIMARY KEY,
  order_id     integer NOT NULL UNIQUE REFERENCES orders,
  carrier      text NOT NULL,
  tracking_no  text NOT NULL UNIQUE,
  shipped_on   date NOT NULL,
  promised_on  date NOT NULL,
  delivered_on date
);

INSERT INTO customers
SELECT i,
       f || ' ' || l,
       lower(f) || '.' || lower(l) || i || '@example.com',
       (ARRAY['consumer','consumer','small_business','consumer','enterprise'])[1 + i % 5],
       (ARRAY['NO','SE','DK','DE','US'])[1 + (i * 7) % 5],
       (ARRAY['Bergen','Stockholm','Aarhus','Hamburg','Denver'])[1 + (i * 7) % 5],
       current_date - 911 + (i * 37) % 520
FROM (SELECT i,
        (ARRAY['Ada','Bjorn','Clara','Dag','Elin','Finn','Greta','Hugo','Ida','Jonas'])[1 + i % 10] AS f,
        (ARRAY['Larsen','Nilsson','Holm','Weber','Carter','Berg','Lund','Moen'])[1 + (i / 10 + i) % 8] AS l
      FROM generate_series(1, 80) AS i) s;

INSERT INTO products
SELECT i,
       upper(left(c, 3)) || '-' || lpad((100 + i)::text, 4, '0'),
       (ARRAY['Basic','Trail','Alpine','Pro','Ultra','Lite','Summit','Fjord'])[1 + (i - 1) / 6] || ' ' || n,
       c,
       (9 + (i * 53) % 290)::numeric + 0.90,
       CASE WHEN i % 11 = 0 THEN 0 ELSE (i * 29) % 140 END,
       10 + (i % 4) * 5,
       i % 16 <> 0
FROM (SELECT i,
        (ARRAY['Camping','Climbing','Cycling','Footwear','Water','Winter'])[1 + (i - 1) % 6] AS c,
        (ARRAY['Tent','Harness','Helmet','Boots','Dry Bag','Snowshoes'])[1 + (i - 1) % 6] AS n
      FROM generate_series(1, 48) AS i) s;

INSERT INTO orders
SELECT i,
       1 + (i * 17 + i / 9) % 80,
       current_date - 364 + (i * 365 / 301) ,
       CASE WHEN i > 290 THEN (ARRAY['pending','paid'])[1 + i % 2]
            WHEN i > 275 THEN 'shipped'
            WHEN i % 19 = 0 THEN 'cancelled'
            WHEN i % 23 = 0 THEN 'returned'
            ELSE 'delivered' END,
       (ARRAY['web','web','store','web','phone'])[1 + (i * 3) % 5]
FROM generate_series(1, 300) AS i;

INSERT INTO order_items
SELECT o.order_id, k, p.product_id, 1 + (o.order_id * 5 + k * 3) % 4, p.unit_price
FROM orders o
CROSS JOIN generate_series(1, 3) AS k
JOIN products p ON p.product_id = 1 + (o.order_id * 11 + k * 13) % 48
WHERE k <= 1 + o.order_id % 3;

INSERT INTO shipments
SELECT order_id + 5000, order_id,
       (ARRAY['PostNord','DHL','UPS'])[1 + order_id % 3],
       'TRK' || lpad((order_id * 7919)::text, 9, '0'),
       order_date + 1 + order_id % 3,
       order_date + 6,
       CASE WHEN status = 'shipped' THEN NULL ELSE order_date + 3 + (order_id * 5) % 6 END
FROM orders WHERE status IN ('shipped','delivered','returned');

CREATE INDEX ON orders (customer_id, order_date);
CREATE INDEX ON orders (order_date);
CREATE INDEX ON order_items (product_id);

COMMENT ON TABLE customers   IS 'People and companies that buy from the shop';
COMMENT ON TABLE products    IS 'Catalogue with current price and stock';
COMMENT ON TABLE orders      IS 'Order headers, one row per order';
COMMENT ON TABLE order_items IS 'Order lines; unit_price is the price at order time';
COMMENT ON TABLE shipments   IS 'One parcel per shipped order; delivered_on is NULL while under way';
COMMIT;
