package io.mcpagent.base;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Sha256Test {

    /** FIPS 180-4's own example. */
    private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void should_hash_as_the_standard_does() {
        assertEquals(OF_ABC, Sha256.hex("abc"));
        assertArrayEquals(HexFormat.of().parseHex(OF_ABC), Sha256.of("abc"));
    }

    @Test
    void should_tell_parts_apart_that_read_the_same_when_joined() {
        assertNotEquals(Sha256.hexOfParts("ab", "c"), Sha256.hexOfParts("a", "bc"));
        assertEquals(Sha256.hex("2:ab1:c"), Sha256.hexOfParts("ab", "c"));
    }
}
