package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes the answer to a query as JSON, each record with the bytes that DuckDB wrote. */
final class Result implements DuckDb.Reader {
    private static final ObjectMapper JSON = Json.mapper();

    private final OutputStream out;
    private final int mostRows;
    private final long mostBytes;
    private final Optional<String> notFinite;
    private final Order order;
    private int rows;
    private long bytes;
    private @Nullable String limitedBy;
    private @Nullable String timeColumn;
    private final Map<String, String> damaged = new LinkedHashMap<>();

    /**
     * The order of the records.
     *
     * @param newestFirst whether the newest come first, unless the statement has its own order
     * @param timeColumn the column that orders them; a guess if it is null or not in the result
     */
    record Order(boolean newestFirst, @Nullable String timeColumn) {}

    Result(OutputStream out, int mostRows, long mostBytes, Optional<String> notFinite, Order order) {
        this.out = new BufferedOutputStream(out);
        this.mostRows = mostRows;
        this.mostBytes = mostBytes;
        this.notFinite = notFinite;
        this.order = order;
    }

    @Override
    public Optional<String> notFinite() {
        return notFinite;
    }

    @Override
    public boolean newestFirst() {
        return order.newestFirst();
    }

    @Override
    public Optional<String> timeColumn(Map<String, String> columns) {
        Optional<String> found = Optional.ofNullable(order.timeColumn())
                .filter(columns::containsKey)
                .or(() -> TimeColumn.guess(columns));
        timeColumn = found.orElse(null);
        return found;
    }

    @Override
    public void damaged(LakeObject object, String why) {
        damaged.put(object.key(), why);
    }

    @Override
    public void columns(List<String> names, List<String> types) throws IOException {
        write("{\"columns\":%s,\"types\":%s,\"rows\":["
                .formatted(JSON.writeValueAsString(names), JSON.writeValueAsString(types)));
    }

    @Override
    public boolean record(byte[] json) throws IOException {
        limitedBy = rows == mostRows ? "records" : bytes + json.length > mostBytes ? "bytes" : null;
        if (limitedBy != null) {
            if (rows == 0) {
                throw new ConnectorException(
                        "The first record has %d bytes, more than the %d that the answer may have. Select less, or raise the limit."
                                .formatted(json.length, mostBytes));
            }
            return false;
        }
        if (rows > 0) {
            write(",\n");
        }
        out.write(json);
        rows++;
        bytes += json.length;
        return true;
    }

    /**
     * Completes the answer.
     *
     * @param objectsTotal null if unknown
     * @param omitsNulls whether exports leave out nulls
     */
    void end(long milliseconds, long objectsRead, @Nullable Long objectsTotal, long bytesRead, boolean omitsNulls)
            throws IOException {
        write(
                "],\"row_count\":%d,\"truncated\":%b,\"limited_by\":%s,\"newest_first_by\":%s,\"execution_time_ms\":%d,\"objects_read\":%d,\"objects_total\":%s,\"bytes_read\":%d,\"exports_omit_nulls\":%b,\"objects_damaged\":%s}"
                        .formatted(
                                rows,
                                limitedBy != null,
                                JSON.writeValueAsString(limitedBy),
                                JSON.writeValueAsString(timeColumn),
                                milliseconds,
                                objectsRead,
                                objectsTotal,
                                bytesRead,
                                omitsNulls,
                                JSON.writeValueAsString(damaged())));
        out.flush();
    }

    private List<Map<String, String>> damaged() {
        return damaged.entrySet().stream()
                .map(one -> Map.of("object", one.getKey(), "reason", one.getValue()))
                .toList();
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
