package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.cage.Watchdog.Running;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.DuckDbException;
import com.bytefreezer.connector.query.ParsingDuckDb;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.SqlException;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * Runs a person's statement over a dataset, in a sandbox of its own, within the limits of {@link Watchdog}, of rows and
 * of bytes. Two requests share only listings. Safe for use by several threads.
 */
public final class Queries {
    static final int DEFAULT_LIMIT = 10_000;
    static final int HIGHEST_LIMIT = 100_000;
    /** A larger answer is not for reading; the setting limits it. */
    private static final int HIGHEST_BYTES = 1_000_000;

    private static final Pattern MARK = Pattern.compile("[A-Za-z0-9]{1,64}");

    private static final ObjectMapper JSON = Json.mapper();

    private final Settings settings;
    private final Secrets secrets;
    private final Datasets datasets;
    private final Watchdog watchdog;

    public Queries(Settings settings, Secrets secrets, Datasets datasets, Watchdog watchdog) {
        this.settings = settings;
        this.secrets = secrets;
        this.datasets = datasets;
        this.watchdog = watchdog;
    }

    /** A request.
     *
     * @param from the start; without it and {@code to}, the newest partition; {@code all} for everything
     * @param limit maximum number of rows
     * @param max_bytes maximum bytes of rows, for a reader of every row; null for {@code server.max-result-bytes}
     * @param query_id to {@link #cancel} it
     * @param omit_nulls whether to leave out nulls even if exports write them
     * @param show_not_finite whether NaN and infinities come as texts instead of null
     * @param not_finite_mark letters and digits in front of these texts, by which a client knows them from texts of the data
     * @param newest_first whether the newest records come first, if the statement makes each record of one row and has no order
     * @param time_column the column that orders them; null for a guess, or else the order of the objects
     * @param look whether the page asks this by itself, so that it waits for a slot and takes none of the person's
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Ask(
            @Nullable String tenant_id,
            @Nullable String dataset_id,
            @Nullable String sql,
            @Nullable String from,
            @Nullable String to,
            @Nullable Integer limit,
            @Nullable Integer max_bytes,
            @Nullable String query_id,
            boolean omit_nulls,
            boolean show_not_finite,
            @Nullable String not_finite_mark,
            boolean newest_first,
            @Nullable String time_column,
            boolean look) {
        int rows() {
            return limit == null ? DEFAULT_LIMIT : limit;
        }

        private Optional<String> notFinite() {
            return show_not_finite ? Optional.of(not_finite_mark == null ? "" : not_finite_mark) : Optional.empty();
        }
    }

    /**
     * Sets the answer as the body of {@code exchange}: the rows, or the problem of the statement. The rows are in a
     * file until they are sent, because several results would not fit into memory.
     *
     * @throws ApiException if the request is incomplete, or too many statements run
     */
    public void run(@Body Ask ask, Exchange exchange) throws IOException {
        ApiException.required(ask);
        String sql = required(ask.tenant_id(), ask.dataset_id(), ask.sql());
        if (ask.rows() < 1 || ask.rows() > HIGHEST_LIMIT) {
            throw ApiException.wrong("limit must be from 1 to %d".formatted(HIGHEST_LIMIT));
        }
        if (ask.max_bytes() != null && (ask.max_bytes() < 1 || ask.max_bytes() > HIGHEST_BYTES)) {
            throw ApiException.wrong("max_bytes must be from 1 to %d".formatted(HIGHEST_BYTES));
        }
        if (ask.not_finite_mark() != null
                && !MARK.matcher(ask.not_finite_mark()).matches()) {
            throw ApiException.wrong("not_finite_mark must be up to 64 letters and digits");
        }
        long started = System.nanoTime();
        String id = id(ask, exchange);
        try (Running running = ask.look() ? watchdog.look(id) : watchdog.query(id)) {
            FileChannel file = AnswerFile.nameless(settings);
            try {
                answer(ask, sql, running, started, file);
                exchange.getMessage().setBody(AnswerFile.untilSent(exchange, file));
            } catch (ConnectorException e) {
                file.close();
                exchange.getMessage().setBody(new ByteArrayInputStream(refusal(running, e, started)));
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
        }
    }

    /** As {@link #run}, with NaN and infinities as texts: an agent would take null for a missing value. */
    public void runForAgent(@Body Ask ask, Exchange exchange) throws IOException {
        run(
                new Ask(
                        ask.tenant_id,
                        ask.dataset_id,
                        ask.sql,
                        ask.from,
                        ask.to,
                        ask.limit,
                        ask.max_bytes,
                        ask.query_id,
                        ask.omit_nulls,
                        true,
                        ask.not_finite_mark,
                        ask.newest_first,
                        ask.time_column,
                        ask.look),
                exchange);
    }

    /** In the request, or as a parameter like all other looks. */
    private static @Nullable String id(Ask ask, Exchange exchange) {
        return ask.query_id() != null ? ask.query_id() : exchange.getMessage().getHeader("query_id", String.class);
    }

    /** Ends a running statement. */
    public void cancel(@Header("id") String id) {
        if (!watchdog.cancel(id)) {
            throw ApiException.unknown("No query with the query_id %s runs.".formatted(id));
        }
    }

    private void answer(Ask ask, String sql, Running running, long started, FileChannel file) throws IOException {
        try {
            read(ask, sql, running, started, file);
        } catch (ConnectorException e) {
            if (Failures.kind(e) != Kind.GONE) {
                throw e;
            }
            // An object was removed after the listing, which is forgotten now.
            file.truncate(0);
            read(ask, sql, running, started, file);
        }
    }

    private void read(Ask ask, String sql, Running running, long started, FileChannel file) throws IOException {
        Query query = parse(sql, running, settings);
        Dataset dataset = ask.newest_first() && Range.isOpen(ask.from(), ask.to())
                ? datasets.openNewest(ask.tenant_id(), ask.dataset_id(), running::check)
                : datasets.open(ask.tenant_id(), ask.dataset_id(), running::check);
        List<LakeObject> objects = dataset.objectsIn(ask.from(), ask.to());
        boolean omitNulls = ask.omit_nulls() || settings.omitsNulls();
        try (DuckDb duckDb =
                datasets.opened(dataset, running, Lookups.of(settings).of(query.lookups()))) {
            Result result = new Result(
                    Channels.newOutputStream(file),
                    ask.rows(),
                    mostBytes(ask),
                    ask.notFinite(),
                    new Result.Order(ask.newest_first(), ask.time_column()));
            // One more than requested shows whether there are more.
            int looked = duckDb.read(query, objects, dataset.schema(), omitNulls, ask.rows() + 1L, result);
            running.check();
            result.end(
                    milliseconds(started),
                    looked,
                    dataset.total(),
                    objects.stream()
                            .skip(objects.size() - looked)
                            .mapToLong(LakeObject::size)
                            .sum(),
                    settings.omitsNulls());
        } catch (ConnectorException e) {
            datasets.forget(dataset, e);
            throw e;
        }
    }

    private long mostBytes(Ask ask) {
        int most = settings.integer("server.max-result-bytes");
        return ask.max_bytes() == null ? most : Math.min(ask.max_bytes(), most);
    }

    /** A statement over {@code events} and lookups. */
    static Query parse(String sql, Running running, Settings settings) {
        return parse(sql, running, Lookups.of(settings)::mayBe);
    }

    /** A statement over {@code events} alone. */
    static Query parseOverEvents(String sql, Running running) {
        return parse(sql, running, name -> false);
    }

    private static Query parse(String sql, Running running, Predicate<String> isLookup) {
        try (ParsingDuckDb duckDb = ParsingDuckDb.open(running.engine())) {
            return Query.parse(sql, duckDb.connection(), isLookup);
        } catch (SQLException e) {
            throw new ConnectorException("DuckDB: " + DuckDbException.of(e).getMessage(), e);
        }
    }

    private byte[] refusal(Running running, ConnectorException e, long started) throws IOException {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("error", secrets.mask(running.reason(e)));
        if (e instanceof SqlException sql) {
            answer.put("line", sql.position().line());
            answer.put("column", sql.position().column());
        }
        answer.put("execution_time_ms", milliseconds(started));
        return JSON.writeValueAsBytes(answer);
    }

    private static long milliseconds(long started) {
        return (System.nanoTime() - started) / 1_000_000;
    }

    /** The statement of a request that also names its dataset. */
    static String required(@Nullable String tenant, @Nullable String dataset, @Nullable String sql) {
        if (isBlank(tenant) || isBlank(dataset) || sql == null || sql.isBlank()) {
            throw ApiException.wrong("tenant_id, dataset_id, and sql are required");
        }
        return sql;
    }

    private static boolean isBlank(@Nullable String text) {
        return text == null || text.isBlank();
    }
}
