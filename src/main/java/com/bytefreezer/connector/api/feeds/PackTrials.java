package com.bytefreezer.connector.api.feeds;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.Settings;
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
import com.bytefreezer.connector.spool.NewestEvents;
import com.bytefreezer.connector.spool.NewestEvents.Event;
import com.bytefreezer.connector.spool.NewestEvents.Sample;
import com.bytefreezer.connector.spool.Spool;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * Tries SQL for packs on the newest events of the spool, in a process of its own like all statements of people. Nothing is packed or
 * written. Safe for use by several threads.
 */
public final class PackTrials {
    private static final int MOST_EVENTS = 200;
    private static final int MOST_ROWS = 1000;
    private static final int THREADS = 1;

    private final Settings settings;
    private final Watchdog watchdog;
    private final Path spool;

    public PackTrials(Settings settings, Watchdog watchdog) {
        this.settings = settings;
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
     */
    public record Tried(
            long events,
            long kept,
            long dropped,
            long failed,
            Set<String> missing,
            List<Outcome> outcomes,
            boolean complete) {}

    /**
     * Tries it.
     *
     * @param id to cancel it, or null
     * @throws ApiException if nothing is in the spool
     * @throws ConnectorException if the SQL is wrong, or the spool cannot be read
     */
    public Tried attempt(
            @Header("tenant") @Nullable String tenant,
            @Header("dataset") @Nullable String dataset,
            @Header("query_id") @Nullable String id,
            @Body PackSql request)
            throws IOException {
        ApiException.required(request);
        ApiException.requireOneDataset(tenant, dataset);
        Sample sample = NewestEvents.sample(
                        Spool.folder(spool, String.valueOf(tenant), String.valueOf(dataset)), MOST_EVENTS)
                .filter(found -> !found.lines().isEmpty())
                .orElseThrow(() -> ApiException.conflict(
                        "Nothing of %s/%s is in the spool now. Try again when an event has arrived and is not packed yet."
                                .formatted(tenant, dataset)));
        try (Watchdog.Running running = watchdog.query(id)) {
            try {
                return attempt(sample, request, running.engine());
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

    private Tried attempt(Sample sample, PackSql request, Engine engine) throws IOException, SQLException {
        PackQuery query = request.parsed(settings, engine);
        Path temporary = engine.temporaryFolder().orElseGet(settings::temporaryFolder);
        Path folder = Files.createTempDirectory(temporary, "try-");
        PackDuckDb.Limits limits =
                new PackDuckDb.Limits(MemoryLimit.ofQuery(settings), THREADS, temporary, List.of(folder));
        try (PackDuckDb duckDb =
                PackDuckDb.open(engine, limits, Lookups.of(settings).of(query.lookups()))) {
            Path file = folder.resolve("events.ndjson");
            Files.write(file, (String.join("\n", sample.lines()) + "\n").getBytes(UTF_8));
            EventFile events = EventFile.of(file, Intake.columns(sample.shape(), sample.lines()));
            Map<String, String> types = Packer.types(sample.shape(), sample.columns());
            return tried(sample, duckDb.attempt(query, events, types, MOST_ROWS));
        } finally {
            ScratchFolder.remove(folder);
        }
    }

    private static Tried tried(Sample sample, PackDuckDb.Trial trial) {
        List<Outcome> outcomes = new ArrayList<>();
        for (String line : sample.lines()) {
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
                trial.isAll());
    }
}
