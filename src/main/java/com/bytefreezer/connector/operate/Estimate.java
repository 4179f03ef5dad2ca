package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.RecordStatements;
import com.bytefreezer.connector.query.Schema;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Estimates the result of a query over many objects from its result over a few of them. For one thread. */
final class Estimate {
    /** The most objects that are read, and their total size. */
    private static final int READ_SAMPLE = 3;

    private static final long READ_BYTES = 64L * 1024 * 1024;
    /** This many objects are all read, and the number is exact. */
    private static final int COUNTED = 20;

    private final DuckDb duckDb;
    private final Tally tally;
    private final Runnable check;

    /** @param check called again and again; ends the estimate by throwing */
    Estimate(DuckDb duckDb, Tally tally, Runnable check) {
        this.duckDb = duckDb;
        this.tally = tally;
        this.check = check;
    }

    /** The result of a query. */
    record Selected(
            @Nullable Long records, boolean exact, @Nullable Long bytes) {
        static final Selected UNKNOWN = new Selected(null, false, null);

        Selected counted(long number) {
            Long its = records == null || bytes == null || records == 0 ? null : bytes * number / records;
            return new Selected(number, true, its);
        }
    }

    /** From all footers, or from many. */
    @Nullable
    Long rows() {
        if (tally.objects == 0) {
            return 0L;
        }
        OptionalLong rows = duckDb.rows(tally.sample);
        if (rows.isEmpty()) {
            return null;
        }
        return tally.objects == tally.sample.size()
                ? rows.getAsLong()
                : Math.round((double) rows.getAsLong() * tally.bytes / Math.max(1, tally.bytesOfSample()));
    }

    /**
     * The result of the query over a few objects, for all of their rows; null if they are too large or cannot be read.
     */
    Selected selected(Query query, Schema schema, boolean omitNulls, long rows) {
        if (rows == 0) {
            return new Selected(0L, true, 0L);
        }
        long seen = 0;
        long records = 0;
        long bytes = 0;
        long left = READ_BYTES;
        // Few objects are all counted.
        int step = tally.bytes <= READ_BYTES && tally.objects <= COUNTED
                ? 1
                : Math.max(1, (tally.sample.size() + READ_SAMPLE - 1) / READ_SAMPLE);
        for (int i = 0; i < tally.sample.size(); i += step) {
            check.run();
            List<LakeObject> object = List.of(tally.sample.get(i));
            left -= object.get(0).size();
            OptionalLong rowsOfObject = duckDb.rows(object);
            if (left < 0 || rowsOfObject.isEmpty()) {
                break;
            }
            try {
                RecordStatements.Size size =
                        duckDb.statements().measure(duckDb.statements().records(query, object, schema, omitNulls, 0));
                seen += rowsOfObject.getAsLong();
                records += size.records();
                bytes += size.bytes();
            } catch (ConnectorException e) {
                // A run would report the object and go on too.
            }
        }
        if (seen == 0) {
            return Selected.UNKNOWN;
        }
        double share = (double) rows / seen;
        return new Selected(Math.round(records * share), seen == rows, Math.round(bytes * share));
    }
}
