package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.spool.DatasetState;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The feeds of another process on this machine, as it writes them down every few seconds, in a file in the spool, without
 * secrets. Nothing depends on it. Immutable.
 */
public final class FeedsElsewhere implements FeedsHere {
    private static final Logger LOG = LoggerFactory.getLogger(FeedsElsewhere.class);
    private static final ObjectMapper JSON = Json.mapper();
    private static final String NAME = ".feeds.json";
    /** A process that has written nothing for so long is dead. */
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private final Content content;

    private record Content(
            @JsonProperty("at_ms") long at,
            @JsonProperty("feeds") List<Feed> feeds,
            @JsonProperty("fill") Spool.@Nullable Fill fill,
            @JsonProperty("sources") @Nullable Bucket sources) {}

    private record Feed(
            @JsonProperty("parameters") Map<String, String> parameters,
            @JsonProperty("address") String address,
            @JsonProperty("trouble") @Nullable String trouble,
            @JsonProperty("last_event_ms") long lastEvent) {}

    private record Bucket(
            @JsonProperty("trouble") @Nullable String trouble,
            @JsonProperty("waiting") List<Backlog> waiting) {}

    private record Backlog(
            @JsonProperty("tenant") String tenant,
            @JsonProperty("dataset") String dataset,
            @JsonProperty("objects") long objects,
            @JsonProperty("bytes") long bytes,
            @JsonProperty("oldest_ms") long oldest) {}

    private FeedsElsewhere(Content content) {
        this.content = content;
    }

    /** What the process says that has the spool in {@code spool}; {@link FeedsHere#NONE} if there is none. */
    static FeedsHere in(Path spool) {
        Path file = spool.resolve(NAME);
        if (!Files.exists(file)) {
            return FeedsHere.NONE;
        }
        try {
            Content content = JSON.readValue(file.toFile(), Content.class);
            return Duration.between(Instant.ofEpochMilli(content.at()), Instant.now())
                                    .abs()
                                    .compareTo(SILENCE)
                            > 0
                    ? FeedsHere.NONE
                    : new FeedsElsewhere(content);
        } catch (IOException e) {
            LOG.debug("{}", file, e);
            return FeedsHere.NONE;
        }
    }

    /** Writes down the feeds of this process, which has the spool. */
    public static void write(Path spool, FeedsHere here, Secrets secrets) {
        List<Feed> feeds = here.open().values().stream()
                .map(open -> new Feed(
                        open.feed().parameters().entrySet().stream()
                                .filter(one -> !Secrets.isSecret("feed." + one.getKey()))
                                .collect(Collectors.toMap(Map.Entry::getKey, one -> secrets.mask(one.getValue()))),
                        secrets.mask(open.address()),
                        open.trouble().map(secrets::mask).orElse(null),
                        open.lastEvent().map(Instant::toEpochMilli).orElse(0L)))
                .toList();
        Bucket bucket = here.sources()
                .map(sources -> new Bucket(
                        sources.trouble().map(secrets::mask).orElse(null),
                        sources.waiting().entrySet().stream()
                                .map(each -> new Backlog(
                                        each.getKey().tenant(),
                                        each.getKey().dataset(),
                                        each.getValue().objects(),
                                        each.getValue().bytes(),
                                        each.getValue().oldest().toEpochMilli()))
                                .toList()))
                .orElse(null);
        Path file = spool.resolve(NAME);
        try {
            byte[] content = JSON.writeValueAsBytes(
                    new Content(System.currentTimeMillis(), feeds, here.fill().orElse(null), bucket));
            PrivateFiles.writeForPeople(file, content);
        } catch (IOException e) {
            // The disk is full: whoever asks learns nothing of the feeds, and the spool says why.
            LOG.debug("{}", file, e);
        }
    }

    /** This process ends. */
    public static void remove(Path spool) {
        try {
            Files.deleteIfExists(spool.resolve(NAME));
        } catch (IOException e) {
            LOG.debug("{}", spool, e);
        }
    }

    @Override
    public Map<String, Open> open() {
        Map<String, Open> all = new TreeMap<>();
        for (Feed feed : content.feeds()) {
            FeedDefinition definition = new FeedDefinition(
                    feed.parameters().getOrDefault("name", ""),
                    feed.parameters().getOrDefault("input", ""),
                    DatasetChoice.of(
                            feed.parameters().getOrDefault("tenant", ""),
                            feed.parameters().getOrDefault("dataset", "")),
                    feed.parameters().getOrDefault("format", ""),
                    Optional.empty(),
                    feed.parameters());
            all.put(
                    definition.name(),
                    new Open(
                            definition,
                            feed.address(),
                            Optional.ofNullable(feed.trouble()),
                            Optional.of(feed.lastEvent())
                                    .filter(time -> time > 0)
                                    .map(Instant::ofEpochMilli)));
        }
        return all;
    }

    @Override
    public Optional<Spool.Fill> fill() {
        return Optional.ofNullable(content.fill());
    }

    @Override
    public Optional<Sources> sources() {
        return Optional.ofNullable(content.sources()).map(bucket -> {
            Map<DatasetName, Waiting> waiting = new HashMap<>();
            bucket.waiting()
                    .forEach(each -> waiting.put(
                            new DatasetName(each.tenant(), each.dataset()),
                            new Waiting(each.objects(), each.bytes(), Instant.ofEpochMilli(each.oldest()))));
            return new Sources(waiting, Optional.ofNullable(bucket.trouble()));
        });
    }

    /** The spool is not that of this process. */
    @Override
    public Optional<List<DatasetState>> states() {
        return Optional.empty();
    }
}
