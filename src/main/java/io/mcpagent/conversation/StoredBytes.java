package io.mcpagent.conversation;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Bytes of any length in items of at most 400 kB: small ones in the item that they belong to, large ones in chunk items beside it, which are
 * written before, under a key that nobody else uses. Only that item makes them visible; without it they expire.
 */
final class StoredBytes {

    /** What fits into an item of its own, with room for the rest of it. */
    static final int ITEM = 300_000;

    /** What is worth packing: an item is paid by the kilobyte. */
    private static final int PACKED_FROM = 2_000;

    private static final String DATA = "data";
    private static final String CHUNKS = "chunks";
    private static final String CHUNK_KEY = "chunkKey";

    private StoredBytes() {}

    /**
     * Writes what does not fit into {@code inline} bytes.
     *
     * @param sk the sort key of the item that they belong to, which the chunks' keys begin with
     * @return attributes for that item
     */
    static Map<String, AttributeValue> store(
            DynamoTable table, String pk, String sk, byte[] bytes, int inline, long expiresAt) {
        byte[] packed = bytes.length < PACKED_FROM ? bytes : pack(bytes);
        if (packed.length <= inline) {
            return Map.of(DATA, AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(packed)));
        }
        String prefix = sk + "#" + UUID.randomUUID() + "#";
        int chunks = Math.ceilDiv(packed.length, ITEM);
        for (int i = 0; i < chunks; i++) {
            byte[] chunk = Arrays.copyOfRange(packed, i * ITEM, Math.min(packed.length, (i + 1) * ITEM));
            Map<String, AttributeValue> item = new HashMap<>(DynamoTable.key(pk, prefix + "%03d".formatted(i)));
            item.put(DATA, AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(chunk)));
            item.put(DynamoTable.EXPIRES_AT, DynamoTable.number(expiresAt));
            table.put(item);
        }
        return Map.of(CHUNKS, DynamoTable.number(chunks), CHUNK_KEY, DynamoTable.text(prefix));
    }

    /** The bytes that belong to an item, with the chunks looked up in the table; null if they are gone. */
    static byte @Nullable [] load(DynamoTable table, String pk, Map<String, AttributeValue> item) {
        return load(
                item,
                item.containsKey(DATA)
                        ? Collections.emptySortedMap()
                        : table.query(pk, DynamoTable.text(item, CHUNK_KEY)));
    }

    /** The bytes that belong to an item, with the chunks among {@code items}; null if they are not there. */
    static byte @Nullable [] load(
            Map<String, AttributeValue> item, SortedMap<String, Map<String, AttributeValue>> items) {
        AttributeValue data = item.get(DATA);
        if (data != null) {
            return unpack(data.b().asByteArrayUnsafe());
        }
        String prefix = DynamoTable.text(item, CHUNK_KEY);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        for (int i = 0; i < DynamoTable.number(item, CHUNKS); i++) {
            AttributeValue chunk =
                    items.getOrDefault(prefix + "%03d".formatted(i), Map.of()).get(DATA);
            if (chunk == null) {
                return null;
            }
            packed.writeBytes(chunk.b().asByteArrayUnsafe());
        }
        return unpack(packed.toByteArray());
    }

    static boolean isIn(Map<String, AttributeValue> item) {
        return item.containsKey(DATA) || item.containsKey(CHUNKS);
    }

    private static byte[] pack(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream(bytes.length / 2);
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    /** What was not packed is JSON, which never begins like gzip. */
    private static byte[] unpack(byte[] stored) {
        if (stored.length < 2 || stored[0] != 0x1f || stored[1] != (byte) 0x8b) {
            return stored;
        }
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            return gzip.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
