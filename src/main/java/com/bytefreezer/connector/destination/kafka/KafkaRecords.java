package com.bytefreezer.connector.destination.kafka;

import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Columns;
import com.bytefreezer.connector.delivery.DatasetCheck;
import com.bytefreezer.connector.delivery.DatasetText;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.RecordsOpenException;
import com.bytefreezer.connector.delivery.Sent;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** Turns a batch into Kafka messages and reads the result of each. Safe for use by several threads. */
public final class KafkaRecords implements DatasetCheck {
    private static final Pattern TOPIC = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}");

    private String keyColumn = "";
    private DatasetText topic = new DatasetText("", UnaryOperator.identity());
    /** Kafka's client reports it to one of the waiting threads; the others only time out. */
    private volatile @Nullable AuthenticationException loginRefused;

    /** Sets the column whose value is the message's key; empty for none. */
    public void setKeyColumn(String keyColumn) {
        this.keyColumn = keyColumn;
    }

    /** Sets the topic, also with {@code {tenant}} and {@code {dataset}}. */
    public void setTopic(String topic) {
        this.topic = new DatasetText(topic, UnaryOperator.identity());
    }

    @Override
    public String destination() {
        return "kafka";
    }

    @Override
    public void require(String tenant, String dataset) {
        String name = topic.of(tenant, dataset);
        if (!TOPIC.matcher(name).matches()) {
            throw new ConnectorException(
                    "dataset %s/%s: its topic would be \"%s\", and the name of a topic has only letters, digits and . _ -, at most 249. The connector delivers none of its records. Give it another topic, with a separate export."
                            .formatted(tenant, dataset, name));
        }
    }

    /** The topic of a batch. */
    public String topic(@Body Batch batch) {
        return topic.of(batch.unit().tenant(), batch.unit().dataset());
    }

    /**
     * A message for each open record of a batch. They end early if the client could not even take one, because it waits
     * for the whole timeout with each.
     */
    public static final class Messages implements Iterable<Exchange> {
        private final Batch batch;
        private final List<Exchange> exchanges;
        private int sent;

        private Messages(Batch batch, List<Exchange> exchanges) {
            this.batch = batch;
            this.exchanges = exchanges;
        }

        @Override
        public Iterator<Exchange> iterator() {
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return sent < exchanges.size() && (sent == 0 || !hasFailed(exchanges.get(sent - 1)));
                }

                @Override
                public Exchange next() {
                    return exchanges.get(sent++);
                }
            };
        }

        private static boolean hasFailed(Exchange exchange) {
            Exception failure = exchange.getException();
            return failure != null && !isRefusal(failure);
        }
    }

    /** Records whose key cannot be read are rejected. */
    public Messages messages(@Body Batch batch, CamelContext camel) {
        Batch all = batch.open().orElseThrow();
        List<@Nullable String> keys = keys(all);
        Batch open = all.open().orElse(null);
        if (open == null) {
            return new Messages(all, List.of());
        }
        List<byte[]> records = open.records();
        List<String> ids = open.recordIds();
        List<Exchange> exchanges = new ArrayList<>(records.size());
        for (int position = 0; position < records.size(); position++) {
            // camel-kafka records the result in an exchange, not in a message.
            Exchange exchange = new DefaultExchange(camel);
            Message message = exchange.getIn();
            message.setBody(records.get(position));
            message.setHeader(KafkaConstants.KEY, keys.get(position));
            message.setHeader("tenant", open.unit().tenant());
            message.setHeader("dataset", open.unit().dataset());
            if (!ids.isEmpty()) {
                message.setHeader("record-id", ids.get(position));
            }
            exchanges.add(exchange);
        }
        return new Messages(open, exchanges);
    }

    /** The {@link #messages}, for people. */
    public List<Sent> preview(@Body Batch batch, CamelContext camel) {
        List<Sent> sent = new ArrayList<>();
        for (Exchange exchange : messages(batch, camel)) {
            Map<String, String> headers = new TreeMap<>();
            exchange.getIn().getHeaders().forEach((name, value) -> {
                if (value != null) {
                    headers.put(name.equals(KafkaConstants.KEY) ? "key" : name, String.valueOf(value));
                }
            });
            sent.add(new Sent(
                    "PRODUCE",
                    "kafka:" + topic(batch),
                    headers,
                    exchange.getIn().getBody(byte[].class)));
        }
        return sent;
    }

    /** The messages of records that are not rejected here. */
    private List<@Nullable String> keys(Batch open) {
        Set<String> columns = keyColumn.isEmpty() ? Set.of() : Set.of(keyColumn);
        List<@Nullable String> keys = new ArrayList<>(open.recordCount());
        for (int position = 0; position < open.recordCount(); position++) {
            try {
                keys.add(Columns.read(open.records().get(position), columns).get(keyColumn));
            } catch (IOException e) {
                open.reject(position, Columns.unreadable(e));
            }
        }
        return keys;
    }

    /**
     * Settles each record by the result of its message.
     *
     * @param failure the exception from camel-kafka, if any
     * @throws RecordsOpenException if another try may help
     * @throws ConnectorException if it will not
     */
    public void settle(
            @Body Messages messages, @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) @Nullable Exception failure)
            throws RecordsOpenException {
        Exception reason = null;
        for (int position = 0; position < messages.exchanges.size(); position++) {
            Exchange exchange = messages.exchanges.get(position);
            Exception exception = exchange.getException();
            if (exception != null && isRefusal(exception)) {
                messages.batch.reject(position, Failures.describe(exception));
            } else if (exception != null) {
                reason = reason == null ? exception : reason;
            } else if (exchange.getMessage().getHeader(KafkaConstants.KAFKA_RECORD_META) != null) {
                messages.batch.accept(position);
                loginRefused = null;
            }
        }
        String description = describe(reason == null ? failure : reason);
        Deliveries.requireAllSettled(messages.batch, description);
    }

    /** Whether the record alone is to blame. */
    private static boolean isRefusal(Exception failure) {
        return failure instanceof RecordTooLargeException || failure instanceof InvalidRecordException;
    }

    private String describe(@Nullable Exception failure) {
        Throwable timeout = null;
        // The cause of a timeout distinguishes a missing topic from a missing broker.
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof AuthenticationException refused) {
                loginRefused = refused;
                throw noTrust(refused);
            }
            if (e instanceof AuthorizationException) {
                throw new ConnectorException(
                        "the brokers do not allow it (%s). Let the user write to the topic.".formatted(e.getMessage()),
                        e);
            }
            if (e instanceof UnknownTopicOrPartitionException || e instanceof InvalidTopicException) {
                throw new ConnectorException(
                        "there is no such topic (%s). Create it, or correct destination.kafka.topic."
                                .formatted((timeout == null ? e : timeout).getMessage()),
                        e);
            }
            if (e instanceof TimeoutException) {
                timeout = e;
            }
        }
        if (timeout != null) {
            AuthenticationException refused = loginRefused;
            if (refused != null) {
                throw noTrust(refused);
            }
            boolean never = String.valueOf(timeout.getMessage()).contains("not present in metadata");
            return "%s (%s)".formatted(never ? "no broker answers" : "no answer in time", timeout.getMessage());
        }
        return failure == null ? "no answer" : Failures.describe(failure);
    }

    private static ConnectorException noTrust(AuthenticationException reason) {
        return new ConnectorException(
                "TLS or login failed (%s). Check destination.kafka.username, password, sasl-mechanism and the certificates."
                        .formatted(Failures.describe(reason)),
                reason);
    }
}
