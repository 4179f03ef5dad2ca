package com.bytefreezer.connector.destination;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultClassResolver;
import org.apache.camel.impl.engine.DefaultFactoryFinder;
import org.apache.camel.spi.FactoryFinder;
import org.jspecify.annotations.Nullable;

/**
 * Reads Camel's service files once for all Camels of this process. Most of those that Camel asks for do not exist, and
 * each question looks into every jar, up to three times: a third of the time of a start.
 */
final class ServiceFiles extends DefaultClassResolver {
    private static final Map<String, Optional<byte[]>> FILES = new ConcurrentHashMap<>();

    private ServiceFiles(CamelContext camel) {
        super(camel);
    }

    /** Lets {@code camel} use them. */
    static void rememberFor(CamelContext camel) {
        ServiceFiles files = new ServiceFiles(camel);
        camel.setClassResolver(files);
        camel.getCamelContextExtension()
                .setBootstrapFactoryFinder(new DefaultFactoryFinder(files, FactoryFinder.DEFAULT_PATH));
    }

    @Override
    public @Nullable InputStream loadResourceAsStream(String name) {
        if (!name.startsWith(FactoryFinder.DEFAULT_PATH)) {
            return super.loadResourceAsStream(name);
        }
        return FILES.computeIfAbsent(name, this::read)
                .map(ByteArrayInputStream::new)
                .orElse(null);
    }

    private Optional<byte[]> read(String name) {
        try (InputStream found = super.loadResourceAsStream(name)) {
            return found == null ? Optional.empty() : Optional.of(found.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
