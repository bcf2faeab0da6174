/** What a deployment may want to change about the page. */
export const settings = {
  /** Shown in the title and beside the mark. */
  name: 'mcp-agent',
  /** Offered while a conversation is empty: questions that the deployed tools can answer. */
  examples: [
    { title: 'Best sellers', question: 'Top 5 products in March 2026' },
    { title: 'Trend', question: 'Sales by month of the last 12 months' },
    { title: 'Stock', question: 'Which products are at or below their reorder level?' },
    { title: 'Customers', question: 'Find customers in Norway and show the latest order of the first one' },
  ],
};
