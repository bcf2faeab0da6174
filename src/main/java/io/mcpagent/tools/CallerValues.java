package io.mcpagent.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hc.core5.http.Header;

/**
 * What a call carries of its caller, beside what the model wrote. Never stored, logged or shown.
 *
 * @param secure  arguments that only we may fill
 * @param address values that bind parameters by the address
 * @param headers the caller's own token
 */
record CallerValues(Map<String, JsonNode> secure, Map<String, String> address, List<Header> headers) {

    static final CallerValues NONE = new CallerValues(Map.of(), Map.of(), List.of());

    CallerValues {
        secure = new TreeMap<>(secure);
        address = new TreeMap<>(address);
        headers = List.copyOf(headers);
    }

    @Override
    public String toString() {
        return "values of " + secure.keySet() + address.keySet();
    }
}
