"""The ear: proves who speaks, keeps the raw words, later turns them into facts. Decides nothing."""
