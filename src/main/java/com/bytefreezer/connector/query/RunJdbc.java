package com.bytefreezer.connector.query;

import java.sql.SQLException;
import javax.sql.DataSource;
import org.apache.camel.Exchange;
import org.apache.camel.Producer;
import org.apache.camel.component.jdbc.JdbcComponent;
import org.apache.camel.component.jdbc.JdbcEndpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultProducer;
import org.apache.camel.support.SynchronizationAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Camel's {@code jdbc:} that reads {@link Blocks} from a {@link RunDataSource}. The body becomes their iterator, and the statement ends with the exchange. Camel's own producer would make a map of every row.
 */
// Camel needs it to set the options of its own endpoint.
@Component("jdbc")
public final class RunJdbc extends JdbcComponent {
    private static final Logger LOG = LoggerFactory.getLogger(RunJdbc.class);

    @Override
    protected JdbcEndpoint createEndpoint(String uri, JdbcComponent component, DataSource dataSource) {
        return dataSource instanceof RunDataSource runs
                ? new JdbcEndpoint(uri, component, dataSource) {
                    @Override
                    public Producer createProducer() {
                        return new DefaultProducer(this) {
                            @Override
                            public void process(Exchange exchange) throws SQLException {
                                read(exchange, runs);
                            }
                        };
                    }
                }
                : super.createEndpoint(uri, component, dataSource);
    }

    private static void read(Exchange exchange, RunDataSource runs) throws SQLException {
        Blocks blocks = runs.open(exchange.getMessage().getBody(String.class));
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange done) {
                try {
                    blocks.close();
                } catch (SQLException e) {
                    LOG.debug("a statement does not end", e);
                }
            }
        });
        exchange.getMessage().setBody(blocks.iterator());
    }
}
