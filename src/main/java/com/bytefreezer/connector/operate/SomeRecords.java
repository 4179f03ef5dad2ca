package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.delivery.RecordSample;
import com.bytefreezer.connector.delivery.RecordSample.Column;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.Schema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Collects some records of a query from several objects. Used once, by one thread. */
final class SomeRecords implements DuckDb.Reader {
    /** As many objects beside the newest one. */
    static final int OBJECTS = 7;

    private static final int OF_EACH = 100;
    /** Of all records together. */
    private static final long MOST_BYTES = 8_000_000;

    private final List<byte[]> records = new ArrayList<>();
    private List<Column> columns = List.of();
    private long bytes;
    private @Nullable ConnectorException failure;

    /** @throws ConnectorException if the query is wrong */
    void readFrom(DuckDb duckDb, Query query, LakeObject object, Schema schema, boolean omitNulls) {
        try {
            duckDb.read(query, List.of(object), schema, omitNulls, OF_EACH, this);
        } catch (ConnectorException e) {
            if (e.kind() == Problem.Kind.BAD_SQL) {
                throw e;
            }
            failure = e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void columns(List<String> names, List<String> types) {
        columns = IntStream.range(0, names.size())
                .mapToObj(at -> new Column(names.get(at), types.get(at)))
                .toList();
    }

    @Override
    public boolean record(byte[] json) {
        records.add(json);
        bytes += json.length;
        return bytes < MOST_BYTES;
    }

    @Override
    public boolean newestFirst() {
        return true;
    }

    RecordSample sample(ExportDefinition export, LakeObject newest) {
        if (columns.isEmpty() && failure != null) {
            throw failure;
        }
        return new RecordSample(export.tenant(), export.dataset(), columns, records, newest);
    }
}
