package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.FeedSource;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A feed, by its file and by what this process does with it.
 *
 * @param address where its senders reach it, or from where it fetches events
 * @param problem what keeps it from working, or what a person should know
 */
public record FeedState(
        @JsonProperty("name") String name,
        @JsonProperty("file") String file,
        @JsonProperty("input") String input,
        @JsonProperty("tenant_id") String tenant,
        @JsonProperty("dataset_id") String dataset,
        @JsonProperty("format") String format,
        @JsonProperty("address") String address,
        @JsonProperty("state") State state,
        @JsonProperty("problem") @Nullable String problem) {
    private static final Set<String> COMMON =
            Set.of("name", "input", "tenant", "dataset", "format", "token", "enabled", "senders", "tls");

    /** In which a feed is. */
    public enum State {
        @JsonProperty("listening")
        LISTENING,
        @JsonProperty("failing")
        FAILING,
        /** By its file. */
        @JsonProperty("closed")
        CLOSED,
        /** Its file is not as the feed is; it becomes so within seconds. */
        @JsonProperty("changed")
        CHANGED,
        /** Its file is wrong, or cannot be followed. */
        @JsonProperty("wrong")
        WRONG,
        /** No process runs it. */
        @JsonProperty("elsewhere")
        ELSEWHERE
    }

    static FeedState of(FeedSource source, FeedsHere here, Secrets secrets) {
        String name = source.parameter("name");
        Optional<FeedsHere.Open> open = Optional.ofNullable(here.open().get(name));
        if (!source.problems().isEmpty()) {
            return of(source, open, secrets, State.WRONG, source.problems().get(0));
        }
        String refused = here.refused().get(name);
        if (refused != null) {
            return of(source, open, secrets, State.WRONG, refused);
        }
        boolean isHere = here.states().isPresent();
        boolean isChanged = isHere
                && !source.feed()
                        .map(FeedDefinition::parameters)
                        .equals(open.map(FeedsHere.Open::feed).map(FeedDefinition::parameters));
        if (isChanged) {
            return of(source, open, secrets, State.CHANGED, "Its file has just changed.");
        }
        if (open.isEmpty()) {
            return of(source, open, secrets, source.feed().isEmpty() ? State.CLOSED : State.ELSEWHERE, null);
        }
        Optional<String> trouble = open.get().trouble();
        return of(source, open, secrets, trouble.isPresent() ? State.FAILING : State.LISTENING, trouble.orElse(null));
    }

    /** Of a feed whose file is gone. */
    static FeedState gone(FeedsHere.Open open, Secrets secrets) {
        FeedSource source = new FeedSource("", open.feed().parameters(), Optional.empty(), List.of());
        return of(source, Optional.of(open), secrets, State.CHANGED, "Its file is gone. The feed is about to close.");
    }

    private static FeedState of(
            FeedSource source, Optional<FeedsHere.Open> open, Secrets secrets, State state, @Nullable String problem) {
        return new FeedState(
                secrets.mask(source.parameter("name")),
                source.file(),
                secrets.mask(source.parameter("input")),
                secrets.mask(source.parameter("tenant")),
                secrets.mask(source.parameter("dataset")),
                secrets.mask(source.parameter("format")),
                secrets.mask(open.map(FeedsHere.Open::address)
                        .filter(address -> !address.isEmpty())
                        .orElseGet(() -> own(source))),
                state,
                problem == null ? null : secrets.mask(problem));
    }

    /** What only feeds of its input have. */
    private static String own(FeedSource source) {
        return source.parameters().entrySet().stream()
                .filter(one -> !COMMON.contains(one.getKey()) && !one.getValue().isEmpty())
                .filter(one -> !Secrets.isSecret(one.getKey()))
                .map(Map.Entry::toString)
                .collect(Collectors.joining(", "));
    }
}
