package io.mcpagent.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing secret of a tool's error text reaches a caller or a model, and what helps does. */
class SecretErrorsTest {

    private static final int CASES = Boolean.getBoolean("thorough") ? 50_000 : 4_000;
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    private final Random random = new Random(20261130);

    @Test
    void should_hide_secrets_in_whatever_text_they_stand() {
        for (int i = 0; i < CASES; i++) {
            String plain = text(LETTERS + "-_.~", 8 + random.nextInt(20));
            String any = text(LETTERS + "@/?#%&*!$^+<>|~éß '\"\\", 8 + random.nextInt(20))
                            .strip() + "Q7";
            String secret = random.nextInt(3) == 0 ? any : plain;
            boolean cut = random.nextInt(8) == 0;
            String said = pick("unable to execute query: ", "", "ERROR: ", "tool failed (code 7), ")
                    + (secret.equals(any) ? quoted(any, cut) : bare(plain))
                    + (cut ? "" : pick("", " (SQLSTATE 42501)", "\nHINT: ask", ", retry later"));
            assertThat(ErrorText.forModel(said)).as(said).doesNotContain(secret);
            // Of a value with quotes in it no end may be left, either.
            assertThat(ErrorText.forModel(said)).as(said).doesNotContain("Q7");
        }
    }

    private String quoted(String secret, boolean cut) {
        String key = pick(
                "password",
                "Password",
                "db_password",
                "PGPASSWORD",
                "passwd",
                "pwd",
                "client_secret",
                "api_key",
                "accessToken");
        String whole = random.nextBoolean()
                ? pick("{\"user\":\"ann\",\"", "config {\"a\":[1],\"")
                        + key
                        + pick("\":", "\": ")
                        + TextNode.valueOf(secret)
                : key + "='" + secret.replace("\\", "\\\\").replace("'", pick("''", "\\'")) + "'";
        return cut ? whole.substring(0, whole.length() - 1) : whole + pick("", "}", " x");
    }

    private String bare(String secret) {
        String hex = text("0123456789abcdef", 12);
        return switch (random.nextInt(14)) {
            case 0 -> pick("password", "Pwd", "PASSWORD", "secret") + pick("=", " = ", ": ", ":") + secret;
            case 1 -> "4 | password: " + secret;
            case 2 -> "Server=db;User Id=ann;Password=" + secret + ";Encrypt=true";
            case 3 -> "postgres://ann:" + secret + "@db.internal:5432/shop?sslmode=require";
            case 4 -> "ann:" + secret + "@tcp(db:3306)/shop";
            case 5 -> "Authorization: Bearer " + secret;
            case 6 -> "token eyJhbGciOiJSUzI1NiJ9." + secret.replaceAll("[.~]", "") + ".sig";
            case 7 ->
                "the key AKIA" + text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16) + " with secret_access_key=" + secret;
            case 8 -> "arn:aws:secretsmanager:eu-west-1:123456789012:secret:" + secret + " is not there";
            case 9 -> "-----BEGIN PRIVATE KEY-----\n" + secret + "\n" + secret + "\n-----END PRIVATE KEY-----";
            case 10 ->
                "lookup " + secret.replaceAll("[^A-Za-z0-9]", "")
                        + pick(".internal", ".cluster-x.rds.amazonaws.com", ".shop.example.com") + " said no";
            case 11 -> "key sk-ant-" + secret.replace(".", "").replace("~", "");
            case 12 -> "{\"host\": \"" + secret + "\", \"port\": 5432}";
            default -> "from [fe80::" + hex.substring(0, 4) + "] with api_key=" + secret;
        };
    }

    @Test
    void should_hide_where_things_are() {
        for (String place : List.of(
                "10.0.3.7",
                "10.0.3.7:5432",
                "fe80:1:2::7",
                "2001:db8:0:1:1:1:1:1",
                "db.internal",
                "shop.abc123.eu-west-1.rds.amazonaws.com",
                "shop.database.windows.net",
                "db-1.shop.example.com",
                "db.local:1433",
                "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABC/ann",
                "arn:aws-cn:iam::123456789012:role/agent")) {
            for (String said : List.of("asked %s in vain", "(%s)", "at \"%s\"", "x=%s, y", "%s")) {
                if (!said.contains("\"") || place.contains(":")) {
                    assertThat(ErrorText.forModel(said.formatted(place)))
                            .as(said)
                            .doesNotContain(place);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ERROR: column \"password\" does not exist (SQLSTATE 42703)",
                "ERROR: column orders.net does not exist (SQLSTATE 42703)",
                "ERROR: relation shop.orders.io does not exist",
                "ERROR: null value in column \"token\" of relation \"sessions\" violates not-null constraint (SQLSTATE 23502)",
                "ERROR: duplicate key value violates unique constraint \"customers_email_key\" (SQLSTATE 23505) DETAIL: Key (email)=(ann@shop.example.com) already exists.",
                "ERROR: invalid input syntax for type integer: \"seven\" (SQLSTATE 22P02)",
                "ERROR: operator does not exist: c::date = integer at 12:30:45",
                "provided parameters were invalid: parameter \"order_id\" is required",
                "ERROR: permission denied for table passwords (SQLSTATE 42501)",
                "invalid token: unexpected end",
                "Incorrect syntax near the keyword 'user'.",
                "Cannot insert duplicate key in object 'dbo.secrets'. The duplicate key value is (42).",
                "value 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b is too long",
                "at 2026-01-02T10:11:12Z version 1.2.3 of 3.14"
            })
    void should_leave_what_helps(String said) {
        assertThat(ErrorText.forModel(said)).isEqualTo(said);
    }

    private String text(String alphabet, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
