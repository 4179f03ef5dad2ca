package com.bytefreezer.connector.config;

import com.bytefreezer.connector.text.Secrets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A feed, as its file in {@code routes/feeds} and the settings describe it.
 *
 * @param input the name of a file in {@code routes/inputs}
 * @param datasets into which it brings events
 * @param format in which its events come, in lower case
 * @param token that its senders must have; empty for none
 * @param parameters all of them, also those that only its input has, by their names
 */
public record FeedDefinition(
        String name,
        String input,
        DatasetChoice datasets,
        String format,
        Optional<String> token,
        Map<String, String> parameters) {
    /** The values of its parameters that nothing may show. */
    public List<String> secrets() {
        return parameters.entrySet().stream()
                .filter(each -> Secrets.isSecret("feed." + each.getKey()))
                .map(Map.Entry::getValue)
                .filter(value -> !value.isEmpty())
                .toList();
    }

    /** A parameter; empty if it is not set. */
    public String parameter(String key) {
        return parameters.getOrDefault(key, "");
    }
}
