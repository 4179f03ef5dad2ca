package com.bytefreezer.connector.metrics;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Counts;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSentEvent;
import org.apache.camel.support.EventNotifierSupport;

/**
 * Counts what the exports of this process do, for {@code GET /metrics}. Each lane has its meters from the start, so
 * that counters begin at zero; beyond {@value #MOST_LANES} lanes, the datasets of an export share meters. Batches in
 * flight are counted from Camel's events. Safe for use by several threads.
 */
public final class Metrics extends EventNotifierSupport implements AutoCloseable {
    static final int MOST_LANES = 1000;

    static final String PREFIX = "bytefreezer.connector.";
    /** Stands for the datasets of an export without meters of their own. */
    private static final String OTHERS = "@*";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
    private final Map<Lane, Meters> lanes = new ConcurrentHashMap<>();
    /** By export and destination. */
    private final Map<Lane, Meters> shared = new ConcurrentHashMap<>();

    private volatile Optional<ArrivalMeters> arrivals = Optional.empty();

    /** Only metrics of lanes. */
    public Metrics() {
        ignoreAllEvents();
        setIgnoreExchangeEvents(false);
        setIgnoreExchangeSendingEvents(false);
        setIgnoreExchangeSentEvents(false);
    }

    /** Also metrics of the process. */
    public static Metrics ofProcess(String version) {
        Metrics metrics = new Metrics();
        metrics.measureProcess(version);
        return metrics;
    }

    private void measureProcess(String version) {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        garbageCollection.bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        Gauge.builder(PREFIX + "info", () -> 1)
                .description("Always 1; the label says which version runs")
                .tag("version", version)
                .register(registry);
    }

    /** The counts of an export to one of its destinations. Safe for use by several threads. */
    public final class Meters {
        private final Tags tags;
        private final Counter selected;
        private final Counter accepted;
        private final Counter duplicate;
        private final Counter rejected;
        private final Counter batches;
        private final Counter bytes;
        private final Counter objects;
        private final AtomicInteger inFlight = new AtomicInteger();
        /** For each lane that shares these meters. */
        private final Map<String, List<Supplier<Number>>> measured = new ConcurrentHashMap<>();

        private Meters(String export, String destination) {
            tags = Tags.of("export", export, "destination", destination);
            selected = counter("records.selected", "Records that the query returned");
            accepted = counter("records.accepted", "Records that the destination accepted");
            duplicate = counter("records.duplicate", "Records that the destination already had");
            rejected = counter("records.rejected", "Records that the destination refused; they are dead letters");
            batches = counter("batches", "Batches that are settled");
            bytes = counter("bytes", "Size of the settled batches, as NDJSON");
            objects = counter("objects", "Objects whose records are all settled");
            gauge("batches.in.flight", "Batches being delivered to the destination", inFlight::get);
        }

        /** A batch was created; it is settled later, or its run fails. */
        public void selected(int records) {
            selected.increment(records);
        }

        /** The outcome of each record of a batch is known. */
        public void settled(Counts outcome, int size) {
            accepted.increment((double) outcome.accepted());
            duplicate.increment((double) outcome.duplicates());
            rejected.increment((double) outcome.deadLettered());
            batches.increment();
            bytes.increment(size);
        }

        /** All records of this many objects are settled. */
        public void delivered(long objectCount) {
            objects.increment((double) objectCount);
        }

        /** Measures at each scrape; NaN or a failure means unknown. */
        public void gauge(String name, String description, Supplier<Number> value) {
            List<Supplier<Number>> all = measured.computeIfAbsent(name, any -> new CopyOnWriteArrayList<>());
            all.add(value);
            if (all.size() > 1) {
                return;
            }
            Gauge.builder(PREFIX + name, () -> worst(name, all))
                    .strongReference(true)
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }

        private static double worst(String name, List<Supplier<Number>> all) {
            DoubleStream known =
                    all.stream().mapToDouble(one -> one.get().doubleValue()).filter(value -> !Double.isNaN(value));
            return (name.contains("timestamp") ? known.min() : known.max()).orElse(Double.NaN);
        }

        /** A batch is tried again; {@code code} is the reason. */
        public void retried(String code) {
            Counter.builder(PREFIX + "retries")
                    .description("Tries after the first, by HTTP status or other cause")
                    .tags(tags.and("code", code))
                    .register(registry)
                    .increment();
        }

        private Counter counter(String name, String description) {
            return Counter.builder(PREFIX + name)
                    .description(description)
                    .tags(tags)
                    .register(registry);
        }
    }

    /** Measures the volume of a folder from now on; {@code use} says what it contains. */
    public void disk(String use, Path folder) {
        for (boolean free : new boolean[] {true, false}) {
            Gauge.builder(PREFIX + (free ? "disk.free.bytes" : "disk.total.bytes"), () -> space(folder, free))
                    .strongReference(true)
                    .description(free ? "Free space on the volume" : "Size of the volume")
                    .tag("use", use)
                    .register(registry);
        }
    }

    private static double space(Path folder, boolean free) {
        try {
            FileStore volume = Files.getFileStore(folder);
            return free ? volume.getUsableSpace() : volume.getTotalSpace();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** The meters of a lane, created at first use. */
    public Meters lane(Lane lane) {
        Meters known = lanes.get(lane);
        return known != null
                ? known
                : lanes.computeIfAbsent(
                        lane,
                        it -> lane.dataset() == null || lanes.size() < MOST_LANES
                                ? new Meters(lane.name(), lane.destination())
                                : shared.computeIfAbsent(
                                        lane.ofAll(), any -> new Meters(lane.export() + OTHERS, lane.destination())));
    }

    /** Removes the meters of a lane that no longer exists. */
    public void remove(Lane lane) {
        Meters gone = lanes.remove(lane);
        if (gone != null && !shared.containsValue(gone)) {
            List<Tag> tags = gone.tags.stream().toList();
            registry.getMeters().stream()
                    .filter(meter -> meter.getId().getTags().containsAll(tags))
                    .forEach(registry::remove);
        }
    }

    /** Measures at each scrape what has arrived, for up to {@value #MOST_LANES} datasets. */
    public void measure(Arrivals what) {
        arrivals = Optional.of(new ArrivalMeters(registry, what));
    }

    /** Everything in Prometheus' text format. */
    public String scrape() {
        arrivals.ifPresent(ArrivalMeters::measure);
        return registry.scrape();
    }

    @Override
    public void notify(CamelEvent event) {
        if (event instanceof ExchangeSendingEvent sending
                && isDestination(sending.getEndpoint().getEndpointUri())) {
            lane(sending.getExchange()).inFlight.incrementAndGet();
        } else if (event instanceof ExchangeSentEvent sent
                && isDestination(sent.getEndpoint().getEndpointUri())) {
            lane(sent.getExchange()).inFlight.decrementAndGet();
        }
    }

    @Override
    public void close() {
        garbageCollection.close();
        registry.close();
    }

    private void ignoreAllEvents() {
        setIgnoreCamelContextEvents(true);
        setIgnoreCamelContextInitEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreStepEvents(true);
        setIgnoreExchangeRedeliveryEvents(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeCompletedEvent(true);
        setIgnoreExchangeFailedEvents(true);
    }

    private Meters lane(Exchange exchange) {
        return lane(Lane.of(
                exchange.getVariable("export", String.class), exchange.getVariable("destination", String.class)));
    }

    private static boolean isDestination(String uri) {
        return uri.startsWith("direct://destination-");
    }
}
