package com.bytefreezer.connector.api.data;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes the answer to a query as JSON, each record with the bytes that DuckDB wrote. */
final class Result implements DuckDb.Reader {
    private static final ObjectMapper JSON = Json.mapper();

    private final OutputStream out;
    private final int mostRows;
    private final long mostBytes;
    private int rows;
    private long bytes;
    private boolean truncated;

    Result(OutputStream out, int mostRows, long mostBytes) {
        this.out = new BufferedOutputStream(out);
        this.mostRows = mostRows;
        this.mostBytes = mostBytes;
    }

    @Override
    public void columns(List<String> names, List<String> types) throws IOException {
        write("{\"columns\":%s,\"types\":%s,\"rows\":["
                .formatted(JSON.writeValueAsString(names), JSON.writeValueAsString(types)));
    }

    @Override
    public boolean record(byte[] json) throws IOException {
        truncated = rows == mostRows || bytes + json.length > mostBytes;
        if (truncated) {
            if (rows == 0) {
                throw new ConnectorException(
                        "The first record has %d bytes, more than server.max-result-bytes. Select less."
                                .formatted(json.length));
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

    /** Completes the answer. */
    void end(long milliseconds, long objectsRead, long objectsTotal, long bytesRead) throws IOException {
        write(
                "],\"row_count\":%d,\"truncated\":%b,\"execution_time_ms\":%d,\"objects_read\":%d,\"objects_total\":%d,\"bytes_read\":%d}"
                        .formatted(rows, truncated, milliseconds, objectsRead, objectsTotal, bytesRead));
        out.flush();
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
