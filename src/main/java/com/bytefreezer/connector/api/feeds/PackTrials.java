package com.bytefreezer.connector.api.feeds;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.PackDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.disk.ScratchFolder;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.pack.Packer;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.query.EventFile;
import com.bytefreezer.connector.query.MemoryLimit;
import com.bytefreezer.connector.query.PackDuckDb;
import com.bytefreezer.connector.query.PackQuery;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.source.NewestObject;
import com.bytefreezer.connector.spool.NewestEvents;
import com.bytefreezer.connector.spool.NewestEvents.Event;
import com.bytefreezer.connector.spool.NewestEvents.Sample;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * Tries SQL for packs on the newest events of the spool or of the source bucket, in a process of its own like all statements of people. Nothing is packed or
 * written. Safe for use by several threads.
 */
public final class PackTrials {
    private static final int MOST_EVENTS = 200;
    private static final int MOST_ROWS = 1000;
    private static final int THREADS = 1;

    private final Settings settings;
    private final Secrets secrets;
    private final Watchdog watchdog;
    private final Path spool;

    public PackTrials(Settings settings, Watchdog watchdog, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
        this.watchdog = watchdog;
        spool = Path.of(settings.text("spool.folder"));
    }

    /**
     * What the SQL makes of one event.
     *
     * @param rows none if it is dropped
     * @param reason why the SQL fails for it; null if it does not
     */
    public record Outcome(
            Event event,
            List<Event> rows,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String reason) {}

    /**
     * What became of the events: events = kept + dropped + failed.
     *
     * @param kept events that would be packed
     * @param failed events that would be dead letters
     * @param missing columns that the SQL names but no event has had yet
     * @param outcomes of the events, in the order of arrival
     * @param complete whether all rows are shown
     * @param object of the source bucket that has the events; null if they are from the spool
     */
    public record Tried(
            long events,
            long kept,
            long dropped,
            long failed,
            Set<String> missing,
            List<Outcome> outcomes,
            boolean complete,
            @JsonProperty("source_object") @Nullable String object) {}

    /**
     * Tries it.
     *
     * @param id to cancel it, or null
     * @throws ApiException if nothing waits
     * @throws ConnectorException if the SQL is wrong, or the spool or the bucket cannot be read
     */
    public Tried attempt(
            @Header("tenant") @Nullable String tenant,
            @Header("dataset") @Nullable String dataset,
            @Header("query_id") @Nullable String id,
            @Body PackSql request)
            throws IOException {
        ApiException.required(request);
        ApiException.requireOneDataset(tenant, dataset);
        String types =
                PackSql.of(settings, tenant, dataset).map(PackDefinition::types).orElse("");
        Found found = found(new DatasetName(String.valueOf(tenant), String.valueOf(dataset)));
        try (Watchdog.Running running = watchdog.query(id)) {
            try {
                return attempt(found, request, types, running.engine());
            } catch (ConnectorException e) {
                throw running.told(e);
            } catch (SQLException e) {
                throw running.told(new ConnectorException(
                        "SQL: it cannot be tried (%s)."
                                .formatted(DuckDbException.of(e).getMessage()),
                        e));
            }
        }
    }

    private record Found(Sample sample, @Nullable String object) {}

    private Found found(DatasetName dataset) throws IOException {
        Optional<Sample> spooled =
                NewestEvents.sample(Spool.folder(spool, dataset.tenant(), dataset.dataset()), MOST_EVENTS);
        if (spooled.isPresent() && !spooled.get().lines().isEmpty()) {
            return new Found(spooled.get(), null);
        }
        if (settings.hasSources()) {
            Optional<NewestObject> newest = NewestObject.of(
                    settings, new LakeCredentials(settings, secrets).ofSource(), spool, dataset, MOST_EVENTS);
            if (newest.isPresent() && !newest.get().sample().lines().isEmpty()) {
                return new Found(newest.get().sample(), newest.get().path());
            }
        }
        throw ApiException.conflict(
                "Nothing of %s waits now%s. Try again when an event has arrived and is not packed yet."
                        .formatted(dataset, settings.hasSources() ? ", in the spool or in the source bucket" : ""));
    }

    private Tried attempt(Found found, PackSql request, String types, Engine engine) throws IOException, SQLException {
        Sample sample = found.sample();
        PackQuery query = request.parsed(settings, engine, types);
        Path temporary = engine.temporaryFolder().orElseGet(settings::temporaryFolder);
        Path folder = Files.createTempDirectory(temporary, "try-");
        PackDuckDb.Limits limits =
                new PackDuckDb.Limits(MemoryLimit.ofQuery(settings), THREADS, temporary, List.of(folder));
        try (PackDuckDb duckDb =
                PackDuckDb.open(engine, limits, Lookups.of(settings).of(query.lookups()))) {
            Path file = folder.resolve("events.ndjson");
            Files.write(file, (String.join("\n", sample.lines()) + "\n").getBytes(UTF_8));
            EventFile events = EventFile.of(file, Intake.columns(sample.shape(), sample.lines()));
            Map<String, String> known = Packer.types(sample.shape(), sample.columns());
            return tried(found, duckDb.attempt(query, events, known, MOST_ROWS));
        } finally {
            ScratchFolder.remove(folder);
        }
    }

    private static Tried tried(Found found, PackDuckDb.Trial trial) {
        List<Outcome> outcomes = new ArrayList<>();
        for (String line : found.sample().lines()) {
            long number = outcomes.size();
            List<String> rows = trial.rows().getOrDefault(number, List.of());
            outcomes.add(new Outcome(
                    Event.of(line),
                    rows.stream().map(Event::of).toList(),
                    trial.failed().get(number)));
        }
        long failed = trial.failed().size();
        return new Tried(
                outcomes.size(),
                trial.packed(),
                outcomes.size() - trial.packed() - failed,
                failed,
                trial.missing(),
                outcomes,
                trial.isAll(),
                found.object());
    }
}
