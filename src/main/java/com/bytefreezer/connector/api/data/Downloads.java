package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.cage.Watchdog.Running;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.disk.FileName;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lookup.Lookups;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.Schema;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Gives all that a person's statement selects as one file, with the values of an export, within the limits of
 * {@link Watchdog} and of {@code server.max-download-bytes}: a file is whole, or there is none. Safe for use by several
 * threads.
 */
public final class Downloads {
    private final Settings settings;
    private final Secrets secrets;
    private final Datasets datasets;
    private final Watchdog watchdog;

    public Downloads(Settings settings, Secrets secrets, Datasets datasets, Watchdog watchdog) {
        this.settings = settings;
        this.secrets = secrets;
        this.datasets = datasets;
        this.watchdog = watchdog;
    }

    /**
     * What is asked.
     *
     * @param from as in {@link Queries.Ask}
     * @param format {@code ndjson}, {@code csv} or {@code parquet}
     * @param query_id to {@link Queries#cancel} it
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Wanted(
            @Nullable String tenant_id,
            @Nullable String dataset_id,
            @Nullable String sql,
            @Nullable String from,
            @Nullable String to,
            @Nullable String format,
            @Nullable String query_id) {}

    private enum Format {
        NDJSON("application/x-ndjson"),
        CSV("text/csv; charset=utf-8"),
        PARQUET("application/vnd.apache.parquet");

        private final String type;

        Format(String type) {
            this.type = type;
        }

        static Format of(@Nullable String name) {
            return Stream.of(values())
                    .filter(one -> one.ending().equals(name))
                    .findFirst()
                    .orElseThrow(() -> ApiException.wrong("format must be ndjson, csv or parquet"));
        }

        String ending() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Sets the file as the answer of {@code exchange}.
     *
     * @throws ApiException if the request is incomplete, too many statements run, or the statement fails
     */
    public void run(@Body Wanted wanted, Exchange exchange) throws IOException {
        ApiException.required(wanted);
        String tenant = wanted.tenant_id();
        String name = wanted.dataset_id();
        String sql = Queries.required(tenant, name, wanted.sql());
        Format format = Format.of(wanted.format());
        try (Running running = watchdog.query(wanted.query_id())) {
            Dataset dataset = datasets.open(tenant, name, running::check);
            try {
                FileChannel file = written(format, Queries.parse(sql, running, settings), wanted, dataset, running);
                exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, format.type);
                exchange.getMessage()
                        .setHeader(
                                "Content-Disposition",
                                "attachment; filename=\"%s.%s\""
                                        .formatted(FileName.of(tenant + "-" + name), format.ending()));
                exchange.getMessage().setBody(AnswerFile.untilSent(exchange, file));
            } catch (ConnectorException e) {
                datasets.forget(dataset, e);
                throw ApiException.failed(secrets.mask(running.reason(e)));
            }
        }
    }

    private FileChannel written(Format format, Query query, Wanted wanted, Dataset dataset, Running running)
            throws IOException {
        List<LakeObject> objects = dataset.objectsIn(wanted.from(), wanted.to());
        try (DuckDb duckDb =
                datasets.opened(dataset, running, Lookups.of(settings).of(query.lookups()))) {
            return format == Format.PARQUET
                    ? parquet(duckDb, query, objects, dataset.schema(), running)
                    : lines(format, duckDb, query, objects, dataset.schema(), running);
        }
    }

    private FileChannel parquet(DuckDb duckDb, Query query, List<LakeObject> objects, Schema schema, Running running)
            throws IOException {
        Path file = duckDb.write(
                query,
                objects,
                schema,
                begun -> running.limit(
                        () -> isTooLarge(begun.toFile().length()) ? Optional.of(tooLarge()) : Optional.empty()));
        return AnswerFile.nameless(file);
    }

    private FileChannel lines(
            Format format, DuckDb duckDb, Query query, List<LakeObject> objects, Schema schema, Running running)
            throws IOException {
        FileChannel file = AnswerFile.nameless(settings);
        try {
            Lines lines = new Lines(Channels.newOutputStream(file), format);
            duckDb.read(query, objects, schema, settings.omitsNulls(), Long.MAX_VALUE, lines);
            running.check();
            lines.out.flush();
            return file;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private boolean isTooLarge(long bytes) {
        return bytes > settings.integer("server.max-download-bytes");
    }

    private String tooLarge() {
        return "The file would have more than the %d bytes of server.max-download-bytes. Choose a smaller range or fewer columns, or export to a destination."
                .formatted(settings.integer("server.max-download-bytes"));
    }

    /** Writes records as lines, the same bytes as an export to a file has, or as CSV. */
    private final class Lines implements DuckDb.Reader {
        private final OutputStream out;
        private final Format format;
        private CsvRecords csv = new CsvRecords(List.of());
        private long bytes;

        private Lines(OutputStream out, Format format) {
            this.out = new BufferedOutputStream(out);
            this.format = format;
        }

        @Override
        public void columns(List<String> names, List<String> types) throws IOException {
            if (format == Format.CSV) {
                csv = new CsvRecords(names);
                write(csv.heading());
            }
        }

        @Override
        public boolean record(byte[] json) throws IOException {
            if (format == Format.CSV) {
                write(csv.record(json));
            } else {
                write(json);
                out.write('\n');
            }
            return true;
        }

        private void write(byte[] line) throws IOException {
            bytes += line.length;
            if (isTooLarge(bytes)) {
                throw new ConnectorException(tooLarge());
            }
            out.write(line);
        }
    }
}
