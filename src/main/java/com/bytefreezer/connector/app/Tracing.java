package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.net.HostNames;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Secrets;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributeType;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.ProxyOptions;
import io.opentelemetry.sdk.trace.data.DelegatingSpanData;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.apache.camel.main.Main;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Camel's own traces, to an OpenTelemetry Collector by OTLP over HTTP, without secrets. The collector cannot hold up
 * exports: spans that it does not accept are dropped, and one line says so.
 */
final class Tracing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tracing.class);
    /** It would write several lines of its own instead of one line in the log. */
    private static final java.util.logging.Logger EXPORTER = java.util.logging.Logger.getLogger("io.opentelemetry");

    private static final int SECONDS_TO_FLUSH = 5;

    private final OpenTelemetrySdk sdk;
    private final Secrets secrets;
    private final String url;
    private final AtomicBoolean taken = new AtomicBoolean(true);

    private Tracing(String url, Secrets secrets) {
        this.url = url;
        this.secrets = secrets;
        EXPORTER.setLevel(Level.OFF);
        try {
            sdk = AutoConfiguredOpenTelemetrySdk.builder()
                    .addPropertiesSupplier(Tracing::defaults)
                    .addPropertiesCustomizer(this::properties)
                    .addSpanExporterCustomizer((exporter, properties) -> new Masking(reaching(exporter)))
                    // Connector.close does it, after the routes have ended.
                    .disableShutdownHook()
                    .build()
                    .getOpenTelemetrySdk();
        } catch (ConfigurationException e) {
            throw new ConnectorException(
                    "traces cannot be sent: %s.".formatted(e.getMessage()),
                    Problem.NOT_STARTED,
                    "Correct the OTEL_* variable or leave tracing.url empty.",
                    e);
        }
    }

    /** Switches {@code camel}'s traces on, if {@code tracing.url} is set. Call it before Camel is initialised. */
    static Optional<Tracing> of(Main camel, Settings settings, Secrets secrets) {
        return settings.optional("tracing.url").map(url -> {
            Tracing tracing = new Tracing(url, secrets);
            camel.bind("tracer", tracing.sdk.getTracer("bytefreezer-connector", Version.number()));
            camel.bind("propagators", tracing.sdk.getPropagators());
            // The clock of watch mode ticks every second; only the runs that it starts are traced.
            camel.addInitialProperty("camel.opentelemetry2.excludePatterns", "timer:*,scheduler:*");
            camel.addOverrideProperty("camel.opentelemetry2.enabled", "true");
            return tracing;
        });
    }

    /** The options that OTEL_* variables may change. */
    private static Map<String, String> defaults() {
        return Map.of(
                "otel.service.name", "bytefreezer-connector",
                // An SQL statement names each object that it reads.
                "otel.span.attribute.value.length.limit", "2000",
                // At its end, a run does not wait for a missing collector.
                "otel.java.exporter.otlp.retry.disabled", "true");
    }

    private Map<String, String> properties(ConfigProperties given) {
        for (String name : List.of("otel.exporter.otlp.headers", "otel.exporter.otlp.traces.headers")) {
            Optional.ofNullable(given.getString(name)).ifPresent(list -> Stream.of(list.split(","))
                    .map(header -> header.replaceFirst("=", ": "))
                    .forEach(secrets::addHeader));
        }
        return Map.of(
                "otel.metrics.exporter", "none",
                "otel.logs.exporter", "none",
                "otel.exporter.otlp.protocol", "http/protobuf",
                "otel.exporter.otlp.endpoint", HostNames.legal(url));
    }

    /** Java's HTTP client takes no host with an underscore. It gets the stand-in, and the collector as its proxy. */
    private static SpanExporter reaching(SpanExporter exporter) {
        return exporter instanceof OtlpHttpSpanExporter http
                ? http.toBuilder()
                        .setProxy(ProxyOptions.create(new RealHosts()))
                        .build()
                : exporter;
    }

    private static final class RealHosts extends ProxySelector {
        @Override
        public List<Proxy> select(URI url) {
            int usual = "https".equals(url.getScheme()) ? 443 : 80;
            int port = url.getPort() < 0 ? usual : url.getPort();
            return HostNames.real(url.getHost())
                    .map(host -> List.of(at(host, port)))
                    .orElseGet(() -> ProxySelector.getDefault().select(url));
        }

        /** By its address, because the client takes no such name here either. */
        private static Proxy at(String host, int port) {
            try {
                String address = InetAddress.getByName(host).getHostAddress();
                return new Proxy(Proxy.Type.HTTP, new InetSocketAddress(address, port));
            } catch (UnknownHostException e) {
                // There is no connection, then, because nobody knows the stand-in.
                return Proxy.NO_PROXY;
            }
        }

        @Override
        public void connectFailed(URI url, SocketAddress address, IOException failure) {
            // The exporter reports it.
        }
    }

    /** Sends the remaining spans, for at most five seconds. */
    @Override
    public void close() {
        CompletableResultCode end = sdk.getSdkTracerProvider().shutdown().join(SECONDS_TO_FLUSH, TimeUnit.SECONDS);
        if (!end.isDone()) {
            tell(end);
        }
    }

    private void tell(CompletableResultCode result) {
        if (!taken.compareAndSet(!result.isSuccess(), result.isSuccess())) {
            return;
        }
        if (result.isSuccess()) {
            LOG.info("tracing: {} accepts spans again.", url);
        } else {
            Throwable reason = result.getFailureThrowable();
            // The collector's answer is not logged.
            String cause =
                    reason == null || reason.getCause() == null ? "no or a bad answer" : Failures.describe(reason);
            LOG.warn(
                    "tracing: {} did not accept the spans ({}). They are dropped; exports continue. Check tracing.url.",
                    url,
                    cause);
        }
    }

    /** Masks secrets in spans: Camel writes URLs, statements and exceptions' messages into them. */
    private final class Masking implements SpanExporter {
        private final SpanExporter exporter;

        private Masking(SpanExporter exporter) {
            this.exporter = exporter;
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            CompletableResultCode result = exporter.export(
                    spans.stream().<SpanData>map(MaskedSpan::new).toList());
            return result.whenComplete(() -> tell(result));
        }

        @Override
        public CompletableResultCode flush() {
            return exporter.flush();
        }

        @Override
        public CompletableResultCode shutdown() {
            return exporter.shutdown();
        }
    }

    private final class MaskedSpan extends DelegatingSpanData {
        private MaskedSpan(SpanData span) {
            super(span);
        }

        @Override
        public String getName() {
            return secrets.mask(super.getName());
        }

        @Override
        public Attributes getAttributes() {
            return masked(super.getAttributes());
        }

        @Override
        public List<EventData> getEvents() {
            return super.getEvents().stream()
                    .map(event -> EventData.create(
                            event.getEpochNanos(),
                            secrets.mask(event.getName()),
                            masked(event.getAttributes()),
                            event.getTotalAttributeCount()))
                    .toList();
        }

        private Attributes masked(Attributes attributes) {
            AttributesBuilder masked = attributes.toBuilder();
            attributes.forEach((key, value) -> {
                if (key.getType() == AttributeType.STRING) {
                    masked.put(AttributeKey.stringKey(key.getKey()), secrets.mask((String) value));
                }
            });
            return masked.build();
        }
    }
}
