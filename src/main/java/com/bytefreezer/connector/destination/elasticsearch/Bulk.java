package com.bytefreezer.connector.destination.elasticsearch;

import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch._types.ErrorCause;
import co.elastic.clients.elasticsearch.core.bulk.BulkResponseItem;
import co.elastic.clients.elasticsearch.core.bulk.CreateOperation;
import co.elastic.clients.elasticsearch.core.bulk.IndexOperation;
import co.elastic.clients.elasticsearch.core.bulk.OperationType;
import co.elastic.clients.transport.TransportException;
import co.elastic.clients.util.BinaryData;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Columns;
import com.bytefreezer.connector.delivery.DatasetCheck;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.RecordSample;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.http.util.EntityUtils;
import org.elasticsearch.client.Response;
import org.elasticsearch.client.ResponseException;
import org.jspecify.annotations.Nullable;

/**
 * A batch as a bulk request, and the meaning of the answer for each record. The methods are the steps of {@code
 * routes/destinations/elasticsearch.camel.yaml}. Safe for use by several threads.
 */
public final class Bulk implements DatasetCheck {
    private static final String JSON = "application/json";
    private static final int USUAL_ACTION_BYTES = 100;
    /** Elasticsearch refuses a whole request for a longer one. */
    private static final int LONGEST_ID_BYTES = 512;

    private final Cluster cluster;
    private IndexName index = new IndexName("");
    private String indexTimeColumn = "";
    private String idColumn = "";
    private boolean create = true;
    private @Nullable String pipeline;
    private int maxBatchBytes = Integer.MAX_VALUE;

    /** @param cluster names the cluster in messages */
    public Bulk(Cluster cluster) {
        this.cluster = cluster;
    }

    /** Sets the index, fixed or with a date, see {@link IndexName}. */
    public void setIndex(String index) {
        this.index = new IndexName(index);
    }

    @Override
    public String destination() {
        return "elasticsearch";
    }

    @Override
    public void require(String tenant, String dataset) {
        index.require(tenant, dataset);
    }

    /** Sets the column with the date for the index; empty: the date of the object's partition. */
    public void setIndexTimeColumn(String indexTimeColumn) {
        this.indexTimeColumn = indexTimeColumn;
    }

    /** Sets the column with the documents' ids; empty: the ids of the batch. */
    public void setIdColumn(String idColumn) {
        this.idColumn = idColumn;
    }

    /** Sets whether an existing document is kept (create) or replaced (index). */
    public void setOpType(String opType) {
        if (!List.of("create", "index").contains(opType)) {
            throw new ConnectorException(
                    "destination.elasticsearch.op-type must be create or index, not \"%s\".".formatted(opType),
                    Problem.NOT_STARTED,
                    "",
                    null);
        }
        create = opType.equals("create");
    }

    /** Sets the ingest pipeline; empty for the index's own. */
    public void setPipeline(String pipeline) {
        this.pipeline = pipeline.isBlank() ? null : pipeline;
    }

    /** Sets how many bytes of records one request may have; a single record may have more. */
    public void setMaxBatchBytes(int maxBatchBytes) {
        this.maxBatchBytes = maxBatchBytes;
    }

    /** The index of the newest records of a sample; of now, if none of them has a date. */
    String indexOf(RecordSample sample) {
        if (!index.hasDate() || indexTimeColumn.isBlank()) {
            return index.of(List.of(sample.newest()), sample.newest().key(), sample.tenant(), sample.dataset());
        }
        return sample.records().stream()
                .flatMap(json -> timeOf(json).stream())
                .flatMap(time -> index.at(time, sample.tenant(), sample.dataset()).stream())
                .findFirst()
                .orElseGet(() -> index.at(Instant.now().toString(), sample.tenant(), sample.dataset())
                        .orElseThrow());
    }

    private Optional<String> timeOf(byte[] json) {
        try {
            return Optional.ofNullable(
                    Columns.read(json, Set.of(indexTimeColumn)).get(indexTimeColumn));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether it makes documents, and replaces none. */
    boolean creates() {
        return create;
    }

    /** The ingest pipeline that the settings name; empty for the index's own. */
    Optional<String> pipeline() {
        return Optional.ofNullable(pipeline);
    }

    /**
     * The bulk request for the records that are still open, in their order. Records without an id or a date are
     * rejected.
     *
     * @return one operation whose document contains the lines of all others, because the client would send each line in
     *     several small pieces, which costs more than the records themselves; empty if no record is left
     * @throws HttpOperationFailedException 413 if they are too many for one request, like the server
     */
    public List<Object> operations(@Body Batch batch) throws HttpOperationFailedException {
        Batch open = batch.open().orElse(null);
        if (open == null) {
            return List.of();
        }
        if (open.size() > maxBatchBytes && open.recordCount() > 1) {
            throw failure(413, "more than destination.elasticsearch.max-batch-bytes");
        }
        boolean dated = index.hasDate() && !indexTimeColumn.isBlank();
        String fixedIndex = dated ? "" : index.of(open.unit());
        List<String> ids = idColumn.isBlank() ? open.recordIds() : List.of();
        Set<String> columns = new LinkedHashSet<>();
        if (dated) {
            columns.add(indexTimeColumn);
        }
        if (!idColumn.isBlank()) {
            columns.add(idColumn);
        }
        List<byte[]> records = open.records();
        Request request = new Request(open.size() + records.size() * USUAL_ACTION_BYTES);
        for (int position = 0; position < records.size(); position++) {
            byte[] json = records.get(position);
            try {
                Map<String, String> values = values(json, columns);
                String id = idColumn.isBlank() ? (ids.isEmpty() ? null : ids.get(position)) : id(values.get(idColumn));
                String name = dated ? indexAt(values.get(indexTimeColumn), open.unit()) : fixedIndex;
                request.add(json, name, id);
            } catch (UnusableRecordException e) {
                open.reject(position, e.reason);
            }
        }
        return request.operations();
    }

    /**
     * After an answer: settles each record, and fails if some must be retried.
     *
     * @param items in the order of the operations
     * @throws ConnectorException if the server refuses not the record but the login, the index or the like
     */
    public void settle(@Variable("batch") Batch batch, @Body List<BulkResponseItem> items) throws Exception {
        Batch open = batch.open().orElseThrow();
        if (items.size() != open.recordCount()) {
            throw new IOException("an answer for %d records to %d".formatted(items.size(), open.recordCount()));
        }
        String busy = "";
        ConnectorException misconfigured = null;
        for (int position = 0; position < items.size(); position++) {
            BulkResponseItem item = items.get(position);
            int status = item.status();
            if (status < 300) {
                open.accept(position);
            } else if (status == 409 && item.operationType() == OperationType.Create) {
                open.duplicate(position);
            } else if (status == 429 || status >= 500) {
                busy = status + " " + reason(item.error());
            } else if (Refusal.isOfTheRecord(item)) {
                open.reject(position, reason(item.error()));
            } else if (misconfigured == null) {
                misconfigured = misconfigured(status, item.index() + ": " + reason(item.error()));
            }
        }
        if (misconfigured != null) {
            throw misconfigured;
        }
        Deliveries.requireAllSettled(batch, busy);
    }

    /**
     * For an answer without results of records: throws an exception that {@code routes/delivery.camel.yaml}
     * understands.
     */
    public void failed(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) throws Exception {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof ElasticsearchException refused) {
                // The server answers for each record, so a refusal of the whole request has another cause.
                throw refused.status() == 400
                        ? misconfigured(400, reason(refused.error()))
                        : failure(refused.status(), reason(refused.error()));
            }
            if (e instanceof ResponseException refused) {
                throw failure(refused.getResponse());
            }
            if (e instanceof TransportException broken
                    && broken.response() != null
                    && broken.response().statusCode() >= 400) {
                throw failure(broken.response().statusCode(), "");
            }
            if (e instanceof ConnectException) {
                IOException unreachable = new IOException("%s: %s".formatted(cluster.url(), e.getMessage()));
                unreachable.addSuppressed(failure);
                throw unreachable;
            }
        }
        throw failure;
    }

    private static Map<String, String> values(byte[] json, Set<String> columns) throws UnusableRecordException {
        try {
            return Columns.read(json, columns);
        } catch (IOException e) {
            throw new UnusableRecordException(Columns.unreadable(e));
        }
    }

    private String id(@Nullable String value) throws UnusableRecordException {
        if (value == null || value.isEmpty()) {
            throw new UnusableRecordException("no id: column %s is missing, null or nested".formatted(idColumn));
        }
        if (value.getBytes(StandardCharsets.UTF_8).length > LONGEST_ID_BYTES) {
            throw new UnusableRecordException(
                    "no id: column %s has more than %d bytes".formatted(idColumn, LONGEST_ID_BYTES));
        }
        // Half of a surrogate pair.
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new UnusableRecordException("no id: column %s is not valid text".formatted(idColumn));
        }
        return value;
    }

    private String indexAt(@Nullable String value, Unit unit) throws UnusableRecordException {
        if (value == null) {
            throw new UnusableRecordException(
                    "no index: column %s is missing, null or nested".formatted(indexTimeColumn));
        }
        return index.at(value, unit.tenant(), unit.dataset())
                .orElseThrow(() ->
                        new UnusableRecordException("no index: column %s is not a time".formatted(indexTimeColumn)));
    }

    private ConnectorException misconfigured(int status, String reason) {
        return new ConnectorException(
                Failures.describe(failure(status, reason)),
                "",
                "Check the settings destination.elasticsearch.* and the permissions of this user.",
                null);
    }

    private HttpOperationFailedException failure(int status, String reason) {
        return new HttpOperationFailedException(cluster.url(), status, "", null, Map.of(), reason);
    }

    private static HttpOperationFailedException failure(Response response) throws IOException {
        Map<String, String> headers = new HashMap<>();
        for (var header : response.getHeaders()) {
            headers.put(header.getName(), header.getValue());
        }
        String body = response.getEntity() == null ? "" : EntityUtils.toString(response.getEntity());
        return new HttpOperationFailedException(
                response.getHost().toURI(),
                response.getStatusLine().getStatusCode(),
                response.getStatusLine().getReasonPhrase(),
                null,
                headers,
                body);
    }

    private static String reason(@Nullable ErrorCause error) {
        return error == null ? "no reason given" : error.type() + ": " + error.reason();
    }

    /** The lines of a request being written. */
    private final class Request {
        private final ByteArrayOutputStream lines;
        private @Nullable String firstIndex;
        private @Nullable String firstId;

        Request(int expectedBytes) {
            lines = new ByteArrayOutputStream(expectedBytes);
        }

        void add(byte[] json, String index, @Nullable String id) {
            if (firstIndex == null) {
                firstIndex = index;
                firstId = id;
            } else {
                writeAction(index, id);
            }
            lines.writeBytes(json);
        }

        private void writeAction(String index, @Nullable String id) {
            write(create ? "\n{\"create\":{\"_index\":\"" : "\n{\"index\":{\"_index\":\"");
            writeQuoted(index);
            if (id != null) {
                write("\",\"_id\":\"");
                writeQuoted(id);
            }
            if (pipeline != null) {
                write("\",\"pipeline\":\"");
                writeQuoted(pipeline);
            }
            write("\"}}\n");
        }

        private void write(String text) {
            lines.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        }

        private void writeQuoted(String text) {
            lines.writeBytes(JsonStringEncoder.getInstance().quoteAsUTF8(text));
        }

        List<Object> operations() {
            if (firstIndex == null) {
                return List.of();
            }
            BinaryData documents = BinaryData.of(lines.toByteArray(), JSON);
            return List.of(
                    create
                            ? new CreateOperation.Builder<>()
                                    .index(firstIndex)
                                    .id(firstId)
                                    .pipeline(pipeline)
                                    .document(documents)
                            : new IndexOperation.Builder<>()
                                    .index(firstIndex)
                                    .id(firstId)
                                    .pipeline(pipeline)
                                    .document(documents));
        }
    }

    /** A record without an operation. */
    private static final class UnusableRecordException extends Exception {
        private static final long serialVersionUID = 1;

        final String reason;

        UnusableRecordException(String reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
